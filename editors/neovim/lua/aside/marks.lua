-- Goes from lines of a file to the question about them, and back. Shows a sign beside lines that were asked about. The
-- daemon finds these lines in the present text. Until its next answer, Neovim moves the signs together with their
-- lines.

local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local keys = require('aside.keys')
local message = require('aside.message')
local page = require('aside.page')
local subject = require('aside.subject')

local M = {}

local api = vim.api

local group = 'aside'
local priority = 1 -- lower than that of other plugins' signs

api.nvim_set_hl(0, 'asideMark', { default = true, link = 'Comment' })
vim.fn.sign_define('aside_mark', { text = '?', texthl = 'asideMark' })

local shown = {} -- by buffer: the text and the state of the conversation for which its signs were placed

local function unplace(buffer)
  vim.fn.sign_unplace(group, { buffer = buffer })
end

--- Whether a buffer has signs that aren't Aside's: ordinary signs, or extmarks that are shown as signs.
local function has_other_signs(buffer)
  for _, sign in ipairs(vim.fn.sign_getplaced(buffer, { group = '*' })[1].signs) do
    if sign.group ~= group then
      return true
    end
  end
  local own = vim.fn.sign_getplaced(buffer, { group = group })[1].signs
  return #api.nvim_buf_get_extmarks(buffer, -1, 0, -1, { type = 'sign', limit = #own + 1 }) > #own
end

--- Whether signs are wanted. If g:aside_marks is set, it decides. Otherwise signs are wanted if a window of the buffer
--- has a column for signs anyway.
local function wanted(buffer)
  local setting = vim.g.aside_marks
  if setting then
    return setting ~= 0
  end
  return vim.iter(vim.fn.win_findbuf(buffer)):any(function(window)
    local column = vim.wo[window].signcolumn
    return column:find('^yes') ~= nil
      or column:find('^auto') and has_other_signs(buffer)
      or column == 'number' and (vim.wo[window].number or has_other_signs(buffer))
  end)
end

--- Places the signs in a conversation's file, if signs are wanted and something has changed since the last time.
local function show(here)
  local buffer = here.source
  if not api.nvim_buf_is_loaded(buffer) or not daemon.alive() or here.id == '' or document.uri(buffer) ~= here.uri then
    return
  elseif not wanted(buffer) then
    unplace(buffer)
    shown[buffer] = nil
    return
  end
  local state = { api.nvim_buf_get_changedtick(buffer), here.id, here.head, #here.sections }
  if vim.deep_equal(shown[buffer], state) or here.state ~= '' or not daemon.has_flag('marks') then
    return
  elseif document.has_other_lines(buffer) then
    return
  end
  shown[buffer] = state
  conversation.synchronise(here)
  daemon.request('conversation/marks', conversation.document(here), function(answer)
    local result = answer.result
    if not result or not api.nvim_buf_is_loaded(buffer) or result.version ~= api.nvim_buf_get_changedtick(buffer) then
      return
    end
    unplace(buffer)
    for _, mark in ipairs(result.marks) do
      local place = { lnum = mark.range.start.line + 1, priority = priority }
      vim.fn.sign_place(0, group, 'aside_mark', buffer, place)
    end
  end)
end

--- Returns the number of the last line of a mark. If the text doesn't end with a line end, the range may end inside its
--- last line.
local function last_line(mark)
  return mark.range['end'].line + (mark.range['end'].character > 0 and 1 or 0)
end

local function inform(what, place, all)
  if #all > 1 then
    message.inform(('%s %d of %d'):format(what, place, #all))
  end
end

--- The place of a value in a list, or 0.
local function index(list, value)
  for i, one in ipairs(list) do
    if one == value then
      return i
    end
  end
  return 0
end

local function to_question(here, line, marks)
  local asked = {}
  for _, mark in ipairs(marks) do
    if mark.range.start.line < line and line <= last_line(mark) then
      asked[mark.turn] = true
    end
  end
  local turns = {} -- the newest first
  for _, section in ipairs(here.sections) do
    if asked[section.turn] then
      asked[section.turn] = nil
      table.insert(turns, 1, section.turn)
    end
  end
  if #turns == 0 then
    message.complain('nothing was asked about this line')
    return
  end
  page.show(here, '') -- a review has no window for it
  local window = vim.fn.bufwinid(here.page)
  local place = index(turns, page.at(here, vim.fn.line('.', window)).turn) % #turns + 1
  if page.go_to(here, turns[place]) then
    api.nvim_set_current_win(window)
    inform('question', place, turns)
  end
end

local function to_lines(here, line, marks)
  local turn
  for _, section in ipairs(here.sections) do
    if section.startLine < line and section.kind == 'question' then
      turn = section.turn
    end
  end
  local lines = {}
  for _, mark in ipairs(marks) do
    if mark.turn == turn then
      table.insert(lines, mark.range.start.line + 1)
    end
  end
  local buffer = api.nvim_buf_is_valid(here.source) and here.source or document.buffer(here.uri)
  if #lines == 0 then
    message.complain('no lines of this question are in the file now')
  elseif buffer > 0 then
    local window = vim.fn.bufwinid(buffer)
    local place = (window < 0 and 0 or index(lines, vim.fn.line('.', window))) % #lines + 1
    if keys.enter(buffer) then
      vim.fn.cursor(lines[place], 1)
      vim.cmd.normal({ 'zvzz', bang = true })
      inform('place', place, lines)
    end
  end
end

--- :AsideHere. In a file, goes to the last question about the line under the cursor; called again, to the question
--- before that. On the page, goes to the lines of the question under the cursor; called again, to the next lines of
--- this question.
function M.go(command)
  if not daemon.start() or not daemon.can('marks') then
    return
  end
  local on_page = subject.in_aside_buffer()
  local line = vim.fn.line('.')
  local here = on_page and page.make(conversation.of()) or subject.show(command.mods)
  conversation.with(here)
  daemon.await(function()
    return here.id ~= '' and not here.fetching
  end)
  if api.nvim_buf_is_loaded(here.source) and document.has_other_lines(here.source) then
    message.complain(document.name(here.source) .. ' has carriage returns inside of its lines')
    return
  end
  local result = conversation.answer('conversation/marks', conversation.document(here))
  local marks = result and result.marks or {}
  if not on_page then
    to_question(here, line, marks)
  else -- in the prompt the cursor is at no question of the page, so the last question is used
    to_lines(here, api.nvim_get_current_buf() == here.page and line or math.huge, marks)
  end
end

api.nvim_create_autocmd({ 'CursorHold', 'BufWinEnter' }, {
  group = api.nvim_create_augroup('aside_marks', {}),
  callback = function(event)
    local here = conversation.known(event.buf)
    if here and here.source == event.buf then
      show(here)
    end
  end,
})
conversation.on_transcript(show)

return M
