-- The keys of a page. A key without a command of its own calls a function of this module.

local attachment = require('aside.attachment')
local code = require('aside.code')
local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local message = require('aside.message')
local page = require('aside.page')

local M = {}

local api = vim.api

local function call(name)
  return ("<Cmd>lua require('aside.keys').%s<CR>"):format(name)
end

-- A key without a description is listed together with the key of the row above it.
local keys = {
  { 'gA', '<Cmd>Aside<CR>', 'write a question' },
  { '<C-c>', '<Cmd>AsideStop<CR>', 'stop the reply' },
  { 'gr', '<Cmd>AsideRetry<CR>', 'ask the last question again' },
  { 'cc', '<Cmd>AsideEdit<CR>', 'change the question under the cursor, and ask it again' },
  { ']r', '<Cmd>AsideNext<CR>', 'next or previous reply to the question under the cursor' },
  { '[r', '<Cmd>AsidePrevious<CR>' },
  { ']]', call('jump(1)'), 'next or previous question or reply', true },
  { '[[', call('jump(-1)'), nil, true },
  { 'gy', call('yank()'), 'yank the code block under the cursor' },
  { 'ga', '<Cmd>AsideApply<CR>', 'show the code block under the cursor, or the reply, as a change' },
  { 'gw', '<Cmd>AsideWanted<CR>', 'add the files that the reply asks to see, or add them and ask now' },
  { 'gW', '<Cmd>AsideWanted!<CR>' },
  { 'gh', '<Cmd>AsideHere<CR>', 'go to the lines that were asked about' },
  { 'gs', "<Cmd>lua require('aside.btw').select()<CR>", 'continue from the side question under the cursor' },
  { '<CR>', call('follow()'), 'go to the lines or the file under the cursor, as gf does' },
  { 'gl', '<Cmd>AsideThreads<CR>', 'list the conversations of this file' },
  { 'gb', '<Cmd>AsideFork<CR>', 'fork: begin another conversation from here' },
  { 'R', '<Cmd>AsideRename<CR>', 'rename this conversation' },
  { 'D', '<Cmd>AsideDelete<CR>', 'delete this conversation, after you confirm it' },
  { 'g/', ':AsideSearch<Space>', 'search the conversations about this file' },
  { 'q', "<Cmd>lua require('aside.page').leave()<CR>", 'close this window' },
  { 'g?', call('show()'), 'show these keys' },
}
local more = {
  'za     open a fold, zR all of them',
  ':AsideContinue  :AsideUndo  :AsideRedo  :AsideNew  :help aside',
}

local file_keys = { 'gf', 'gF', '<C-w>f', '<C-w>F', '<C-w>gf', '<C-w>gF', ']f', '[f' }

local function map(mode, key, action, buffer)
  api.nvim_buf_set_keymap(buffer or 0, mode, key, action, { noremap = true, nowait = true })
end

--- Maps the keys in the current buffer. The actions are texts and not functions, since a session stores these maps.
function M.map()
  for _, row in ipairs(keys) do
    map('n', row[1], row[2])
    if row[4] then
      map('x', row[1], row[2])
      map('o', row[1], row[2])
    end
  end
  M.keep_inside()
  for _, key in ipairs(file_keys) do
    map('n', key, call('follow()'))
  end
end

--- Disables the keys of a buffer (by default the current one) that open the file or the URL under the cursor, and makes
--- K search Neovim's help, so that K runs no other program. The text of the buffer may come from anywhere, so Neovim
--- must not open what it names.
function M.keep_inside(buffer)
  buffer = buffer or 0
  vim.bo[buffer].keywordprg = ':help'
  for _, key in ipairs(vim.list_extend({ 'gx' }, file_keys)) do
    map('n', key, '<Nop>', buffer)
    map('x', key, '<Nop>', buffer)
  end
end

--- Goes to the next (1) or previous (-1) question or reply. If there is none, goes to the end or the beginning of the page.
function M.jump(step)
  local sections = conversation.of().sections
  local target = vim.fn.line('.')
  for _ = 1, vim.v.count1 do
    local found
    for i, section in ipairs(sections) do
      local line = section.startLine + 1
      local heading = i == 1 or sections[i - 1].turn ~= section.turn
      if heading and step > 0 and line > target then
        found = found or line
      elseif heading and step < 0 and line < target then
        found = line
      end
    end
    target = found or step > 0 and api.nvim_buf_line_count(0) or 1
  end
  vim.cmd.normal({ target .. 'G', bang = true })
end

function M.yank()
  local lines = code.block(page.at(conversation.of(), vim.fn.line('.')))
  if not lines then
    message.complain('no code block under the cursor')
    return
  end
  vim.fn.setreg(vim.v.register, lines, 'V')
  message.inform(('%d %s of code yanked'):format(#lines, #lines == 1 and 'line' or 'lines'))
end

--- Returns the existing file that the word under the cursor names, or nil. The name is never expanded.
local function file_under_cursor()
  local line, column = api.nvim_get_current_line(), vim.fn.col('.')
  local first, word, last = 1, nil, 0
  repeat
    first, word, last = line:match('()([^%s`"\'<>()[%],;]+)()', last)
  until not first or last > column
  if not first or first > column then
    return nil
  end
  local name = word:gsub('^@', ''):gsub('[.:!?]+$', '')
  local source = document.path(conversation.of().source)
  local folders = { vim.fs.dirname(source), document.folder(conversation.of().source), vim.fn.getcwd() }
  local row = attachment.named(name:gsub('(:%d+):%d+$', '%1'), folders)
  return row and vim.tbl_extend('force', row.attachment, { name = name })
end

--- Shows a buffer in the current window. If Neovim asks about a swap file, it also throws the error E325, which is
--- ignored here.
local function show_buffer(buffer)
  local ok, failure = pcall(vim.cmd.buffer, buffer)
  if not ok and not failure:find('E325', 1, true) then
    error(failure, 0)
  end
end

--- Goes to the window that shows a buffer. If there is none, shows the buffer in the first usable window: this window, the previous
--- one, any other, or a new one. Returns false if Neovim asked about a swap file and the user declined.
function M.enter(buffer)
  local shown = vim.fn.bufwinid(buffer)
  local previous = vim.fn.win_getid(vim.fn.winnr('#'))
  local free
  for _, window in ipairs(vim.list_extend({ api.nvim_get_current_win(), previous }, api.nvim_tabpage_list_wins(0))) do
    local options = window ~= 0 and vim.bo[api.nvim_win_get_buf(window)]
    if options and options.buftype == '' and (not options.modified or vim.o.hidden) then
      free = free or window
    end
  end
  if shown > 0 then
    api.nvim_set_current_win(shown)
  elseif free then
    api.nvim_set_current_win(free)
    show_buffer(buffer)
  else
    vim.cmd('aboveleft split')
    show_buffer(buffer)
    if api.nvim_get_current_buf() ~= buffer then
      vim.cmd.close()
    end
  end
  if api.nvim_get_current_buf() ~= buffer then
    return false
  end
  vim.bo.buflisted = true
  return true
end

local function visit(shared)
  local buffer = document.buffer(shared.uri)
  if buffer == 0 then
    message.complain(shared.name .. ' is no longer there')
  elseif M.enter(buffer) then
    local line = shared.range and shared.range.start.line or 0
    vim.fn.cursor(line + 1, 1)
    vim.cmd.normal({ 'zvzz', bang = true })
  end
end

--- If the cursor is on shared lines, goes to these lines in their file. If it is on a file name such as main.c:7, goes to that file.
--- Otherwise does what <CR> does in Neovim.
function M.follow()
  local here, cursor = conversation.of(), vim.fn.line('.') - 1
  local turn, index
  local count = {} -- by turn, how many of its attachments the loop has seen
  for _, section in ipairs(here.sections) do
    if section.kind == 'attachment' then
      count[section.turn] = (count[section.turn] or 0) + 1
      if section.startLine <= cursor and cursor < section.endLine then
        turn, index = section.turn, count[section.turn]
      end
    end
  end
  if not turn then
    local place = file_under_cursor()
    if place then
      visit(place)
    else
      vim.cmd.normal({ vim.keycode('<CR>'), bang = true })
    end
    return
  end
  local result = conversation.answer('conversation/get', conversation.document(here))
  for _, found in ipairs(result and result.turns or {}) do
    if found.turn == turn then
      visit(found.attachments[index])
    end
  end
end

--- Shows the keys of the page.
function M.show()
  local flags = { ga = 'edits', gs = 'side', gw = 'wanted', gh = 'marks' }
  local rows = {}
  for _, row in ipairs(keys) do
    local flag = flags[row[1]]
    if not row[3] then
      rows[#rows][1] = rows[#rows][1] .. ' ' .. row[1]
    elseif not flag or daemon.has_flag(flag) then
      table.insert(rows, { row[1], row[3] })
    end
  end
  local lines = vim.tbl_map(function(row)
    return ('%-6s %s'):format(row[1], row[2])
  end, rows)
  M.popup(vim.list_extend(lines, more))
end

--- Shows these lines until a key is pressed.
function M.popup(lines)
  require('aside.scratch').ask(' Aside ', vim.list_slice(lines))
end

return M
