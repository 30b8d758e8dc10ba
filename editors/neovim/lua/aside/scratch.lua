-- Windows with a text to read. open() makes a window whose buffer is wiped out when the window is closed. ask() makes a
-- small floating window that is shown until a key is pressed.

local keys = require('aside.keys')

local M = {}

local api = vim.api

local max_height = 20 -- in rows; a window is not made higher than this

--- Makes the window as high as its text if possible, and leaves a few lines to the other windows. :new gives a window half of the
--- height, which is too little in a low terminal.
function M.fit(buffer)
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    local rows, width = 0, api.nvim_win_get_width(window)
    for _, line in ipairs(api.nvim_buf_get_lines(buffer, 0, -1, false)) do
      rows = rows + 1 + math.floor(vim.fn.strdisplaywidth(line) / width)
    end
    local height = api.nvim_win_get_height(window)
    if rows > height and height < max_height then
      api.nvim_win_set_height(window, math.min(rows, max_height, vim.o.lines - 6))
    end
  end
end

--- Replaces the text, unless the window has been closed.
function M.fill(buffer, lines)
  if api.nvim_buf_is_loaded(buffer) then
    api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
    vim.bo[buffer].modified = false
    M.fit(buffer)
  end
end

--- Opens a window with these lines and returns its buffer; `title` is shown in the status line. The buffer is wiped out
--- when the window is closed.
function M.open(mods, title, lines)
  vim.cmd(('silent %s new'):format(mods))
  local buffer = api.nvim_get_current_buf()
  for name, value in pairs({
    buftype = 'nofile', bufhidden = 'wipe', swapfile = false, modeline = false, buflisted = false, readonly = false,
    modifiable = true,
  }) do -- stylua: ignore
    vim.bo[buffer][name] = value
  end
  for name, value in pairs({ list = false, spell = false, linebreak = true, breakindent = true }) do
    vim.wo[0][0][name] = value
  end
  vim.wo[0][0].statusline = (' %s%%=q closes '):format((title:gsub('%%', '%%%%')))
  keys.keep_inside()
  api.nvim_buf_set_keymap(buffer, 'n', 'q', "<Cmd>lua require('aside.scratch').close()<CR>", { noremap = true })
  M.fill(buffer, lines)
  return buffer
end

--- Closes the window and goes back to the previous window. After :close alone, Neovim might go to another window.
function M.close()
  local window = api.nvim_get_current_win()
  vim.cmd.wincmd('p')
  api.nvim_win_call(window, function()
    vim.cmd.close()
  end)
end

--- Shows lines in a floating window, and returns the first key for which `wanted` is true; without `wanted`, the first
--- key. Until then this function reads all keys. Mouse movements and other events don't count as keys.
function M.ask(title, lines, wanted)
  local width = vim.fn.strdisplaywidth(title)
  for i, line in ipairs(lines) do
    lines[i] = (' %s '):format(vim.fn.strtrans(line))
    width = math.max(width, vim.fn.strdisplaywidth(lines[i]))
  end
  width = math.min(width, vim.o.columns - 4)
  local rows = 0
  for _, line in ipairs(lines) do
    rows = rows + math.max(1, math.ceil(vim.fn.strdisplaywidth(line) / width))
  end
  local height = math.min(rows, vim.o.lines - 2)
  local buffer = api.nvim_create_buf(false, true)
  vim.bo[buffer].bufhidden = 'wipe'
  api.nvim_buf_set_lines(buffer, 0, -1, false, lines)
  local window = api.nvim_open_win(buffer, false, {
    relative = 'editor', width = width, height = height, row = math.max(0, math.floor((vim.o.lines - height) / 2) - 1),
    col = math.floor((vim.o.columns - width) / 2) - 1, border = 'single', title = title, style = 'minimal',
    focusable = false, noautocmd = true,
  }) -- stylua: ignore
  vim.wo[window].wrap, vim.wo[window].linebreak = true, true
  local key
  repeat
    vim.cmd.redraw()
    local ok, typed = pcall(vim.fn.getcharstr)
    key = ok and typed or vim.keycode('<C-c>')
  until key:byte() ~= 0x80 and (not wanted or wanted(key))
  if api.nvim_win_is_valid(window) then
    api.nvim_win_close(window, true)
  end
  return key
end

return M
