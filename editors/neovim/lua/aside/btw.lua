-- Asks and shows side questions. They leave the conversation as it is, and can be asked while another reply is being
-- written. A window below the page shows them while they are answered. When their replies have ended, the page shows
-- them, folded, below the reply after which they were asked.

local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local message = require('aside.message')
local page = require('aside.page')
local scratch = require('aside.scratch')

local api, fn = vim.api, vim.fn
local M = {}

local height = 8

local function is_loaded(buffer)
  return api.nvim_buf_is_valid(buffer) and api.nvim_buf_is_loaded(buffer)
end

local function is_shown(buffer)
  return api.nvim_buf_is_valid(buffer) and fn.bufwinid(buffer) > 0
end

--- Draws the questions and the text of their replies so far.
local function show(here)
  if not is_loaded(here.btw) then
    return
  end
  local lines = {}
  for _, side in ipairs(here.sides) do
    side.line = #lines + 1
    for _, line in ipairs(vim.split(side.question, '\n')) do
      table.insert(lines, '> ' .. line)
    end
    table.insert(lines, '')
    if side.text == '' and side.state ~= '' then
      table.insert(lines, side.state .. '...')
    else
      vim.list_extend(lines, vim.split(side.text:gsub('\n+$', ''), '\n', { plain = true }))
    end
    table.insert(lines, '')
  end
  local present = api.nvim_buf_get_lines(here.btw, 0, -1, true)
  local following = vim.tbl_filter(function(window)
    return api.nvim_win_get_cursor(window)[1] == #present
  end, fn.win_findbuf(here.btw))
  local same = 0 -- how many lines at the beginning need no change
  while same < #lines and present[same + 1] == lines[same + 1] do
    same = same + 1
  end
  api.nvim_buf_set_lines(here.btw, same, -1, true, vim.list_slice(lines, same + 1))
  vim.bo[here.btw].modified = false
  for _, window in ipairs(following) do
    api.nvim_win_call(window, function()
      vim.cmd.normal({ 'Gzb', bang = true })
    end)
  end
end

local function ended(here, side, text)
  side.text, side.state = text, ''
  show(here)
  if not is_loaded(here.btw) then
    message.inform('your side question is answered; the conversation shows the answer')
  end
  if here.id ~= '' then -- without an id, the daemon is gone
    conversation.refresh(here)
  end
end

local function remove(here, gone)
  here.sides = vim.tbl_filter(function(side)
    return not gone(side)
  end, here.sides)
end

--- Opens the window, and leaves the cursor in the current window.
local function open(here)
  if is_shown(here.btw) then
    return
  end
  local before = api.nvim_get_current_win()
  if is_shown(here.page) then
    fn.win_gotoid(fn.bufwinid(here.page))
  end
  local title = ('Side question about %s  gs continues from it  CTRL-C stops it '):format(document.name(here.source))
  here.btw = scratch.open('belowright', title, {})
  conversation.own(here.btw, here)
  vim.bo.syntax = 'aside'
  local options = vim.wo[0][0]
  options.wrap, options.number, options.relativenumber, options.signcolumn = true, false, false, 'no'
  options.winfixheight = true
  api.nvim_win_set_height(0, math.min(height, math.floor(vim.o.lines / 3)))
  vim.keymap.set('n', 'gs', M.select, { buffer = here.btw })
  vim.keymap.set('n', '<C-c>', M.stop, { buffer = here.btw })
  fn.win_gotoid(before)
end

--- Requests a reply to a side question, and shows the reply in the window of such questions. `refused` is as in
--- conversation.ask().
function M.ask(here, method, params, question, refused)
  local side = { question = question, turn = '', text = '', state = 'asking', after_main = here.state == 'asking', line = 0 }
  --- Handles an event of the reply.
  function side.handle(event)
    if event.text and event.kind == 'text' then
      side.text = side.text .. event.text
    elseif event.state then
      side.state = event.state == 'ended' and 'ending' or event.state
    end
    show(here)
  end
  if not is_shown(here.btw) then
    remove(here, function(other)
      return other.state == '' -- the page already shows the questions whose replies have ended
    end)
  end
  table.insert(here.sides, side)
  open(here)
  show(here)
  daemon.request(method, params, function(answer)
    if not answer.error then
      side.turn = answer.result.turn
      ended(here, side, answer.result.text)
      return
    end
    local begun = side.turn ~= ''
    ended(here, side, side.text ~= '' and side.text or ('*%s*'):format(answer.error.message))
    if not begun then
      remove(here, function(other)
        return other == side
      end)
      show(here)
    end
    if begun or not refused(answer.error) then
      conversation.complain(answer.error)
    end
  end, function()
    return side.turn == ''
  end)
end

--- Returns the side question under the cursor in the window of side questions; in other windows, nil.
local function current()
  local here = conversation.of(api.nvim_get_current_buf())
  local found
  for _, side in ipairs(api.nvim_get_current_buf() == here.btw and here.sides or {}) do
    found = side.line <= fn.line('.') and side or found
  end
  return found
end

--- Returns the turn of the side question or side reply under the cursor in the page, or of the side reply under the
--- cursor in the window of side questions. Returns nil if there is none.
function M.turn()
  local buffer = api.nvim_get_current_buf()
  local here = conversation.of(buffer)
  if buffer == here.btw then
    local side = current()
    return side and side.turn ~= '' and side.turn or nil
  end
  local section = buffer == here.page and page.at(here, fn.line('.'))
  return section and section.side and section.turn or nil
end

--- Returns the turn of the side reply under the cursor, or of the reply to the side question under the cursor. Returns
--- nil if there is none.
function M.reply()
  local buffer = api.nvim_get_current_buf()
  local here = conversation.of(buffer)
  local turn = M.turn()
  if buffer == here.btw then
    return turn and current().state == '' and turn or nil
  end
  return turn and page.reply(here, fn.line('.')).turn
end

--- Puts the side question under the cursor on the path: the next question follows it.
function M.select()
  local here = conversation.of(api.nvim_get_current_buf())
  local turn, side = M.turn(), current()
  if side and side.state ~= '' then
    message.complain('wait for the reply to this question, or stop the reply with CTRL-C')
  elseif not turn then
    message.complain('there is no side question under the cursor')
  elseif daemon.start() then
    conversation.with(here, function()
      conversation.change(here, 'conversation/select', { conversation = here.id, turn = turn }, function()
        remove(here, function(other)
          return other.turn == turn
        end)
        if #here.sides == 0 and is_loaded(here.btw) then
          api.nvim_buf_delete(here.btw, { force = true })
        end
        show(here)
        message.inform('the next question follows this one')
      end)
    end)
  end
end

--- Stops the side reply under the cursor.
function M.stop()
  local here = conversation.of(api.nvim_get_current_buf())
  local side = current()
  if side and side.state ~= '' and side.turn ~= '' then
    conversation.request('conversation/stop', { conversation = here.id, turn = side.turn })
  end
end

return M
