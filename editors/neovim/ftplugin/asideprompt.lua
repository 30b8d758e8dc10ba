-- Sets the keys and looks of the prompt. lua/aside/prompt.lua fills in the text.
if vim.b.did_ftplugin then
  return
end
vim.b.did_ftplugin = 1

local buffer = vim.api.nvim_get_current_buf()

local function map(modes, key, action)
  for mode in modes:gmatch('.') do
    vim.api.nvim_buf_set_keymap(buffer, mode, key, action, { noremap = true })
  end
end

-- These keys don't use :write, since `nvim -M` forbids :write.
map('n', '<C-s>', "<Cmd>lua require('aside').submit()<CR>")
map('i', '<C-s>', "<Esc><Cmd>lua require('aside').submit()<CR>")
map('n', 'ZZ', "<Cmd>lua require('aside').submit()<CR>")
map('n', '<C-c>', '<Cmd>AsideStop<CR>')
map('ni', '<C-a>', "<Cmd>lua require('aside.prompt').add_file()<CR>")
map('ni', '<C-t>', "<Cmd>lua require('aside.suggestion').take()<CR>")
map('n', 'K', '<Cmd>AsidePreview<CR>')
vim.bo.completefunc = "v:lua.require'aside.completion'.complete"
vim.bo.omnifunc = vim.bo.completefunc

local function on(events, callback, nested)
  vim.api.nvim_create_autocmd(events, { buffer = buffer, callback = callback, nested = nested })
end

on('BufWriteCmd', function()
  require('aside').submit()
end)
-- Sending the question empties the prompt. So TextChanged comes right after the command that has sent the question, before any other
-- key. After :wq the window is gone already.
on('TextChanged', function()
  if vim.w.aside_sent then
    require('aside.page').leave()
  end
end, true)
on('WinClosed', function(event)
  require('aside.prompt').before_close(buffer, tonumber(event.match))
end)
on({ 'TextChanged', 'TextChangedI', 'InsertLeave', 'BufLeave', 'QuitPre' }, function()
  require('aside.prompt').changed()
end)
on('TextChangedI', function()
  require('aside.completion').offer()
end)
on('CompleteDone', function()
  require('aside.completion').done()
end)
-- These options belong to a window, so they are set in each window that shows the buffer.
local function look()
  for name, value in pairs({
    diff = false, scrollbind = false, cursorbind = false, rightleft = false, conceallevel = 0, wrap = true,
    linebreak = true, number = false, relativenumber = false, list = false, signcolumn = 'no', colorcolumn = '',
    statuscolumn = '', foldenable = false,
    statusline = " %{v:lua.require'aside.prompt'.title()}  :w sends  CTRL-A adds the file  K previews  :q keeps the draft%<",
  }) do -- stylua: ignore
    vim.wo[0][0][name] = value
  end
end
on('BufWinEnter', look)
for _, window in ipairs(vim.fn.win_findbuf(buffer)) do -- a session shows the buffer before it has its file type
  vim.api.nvim_win_call(window, look)
end
