-- The commands that choose a branch of a conversation: undo, redo, variants, another reply, a changed question. Also
-- :AsideStop, which ends a reply.

local apply = require('aside.apply')
local btw = require('aside.btw')
local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local message = require('aside.message')
local prompt = require('aside.prompt')
local subject = require('aside.subject')

local M = {}

local function select(here, turn)
  conversation.change(here, 'conversation/select', { conversation = here.id, turn = turn })
end

function M.undo(mods)
  local current = subject.show_and_get(mods)
  if not current then
    return
  elseif #current.turns == 0 then
    message.complain('there is no question to undo')
  else
    select(current.here, current.turns[#current.turns - 1].parent or vim.NIL)
  end
end

function M.redo(mods)
  subject.with(mods, function(here)
    if here.redo == '' then
      message.complain('there is nothing to redo')
    else
      select(here, here.redo)
    end
  end)
end

--- Goes to the next (1) or previous (-1) variant of the turn under the cursor. The page shows the turns below that variant
--- as it showed them last.
local function step_to(mods, step)
  local exchange = subject.exchange(mods)
  if not exchange then
    return
  end
  local kind = exchange.asked and #exchange.question.variants > 1 and 'question' or 'reply'
  local variants = exchange[kind].variants
  local place = step
  for i, turn in ipairs(variants) do
    place = turn == exchange[kind].turn and i + step or place
  end
  if #variants == 1 then
    message.complain('there is no other reply to this question')
  elseif not variants[place] then
    message.complain(('this is the %s %s of %d'):format(step > 0 and 'last' or 'first', kind, #variants))
  else
    local params = { conversation = exchange.conversation, turn = variants[place], onward = true }
    conversation.change(exchange.here, 'conversation/select', params)
    message.inform(('%s %d of %d'):format(kind, place, #variants))
  end
end

function M.next(mods)
  step_to(mods, 1)
end

function M.previous(mods)
  step_to(mods, -1)
end

--- Requests another reply; `method` is conversation/retry or conversation/continue.
local function reply(mods, method)
  local side = btw.reply()
  subject.with(mods, function(here)
    local params = { conversation = here.id, turn = side }
    local function not_refused()
      return false
    end
    if side then
      btw.ask(here, method, params, 'The side question again', not_refused)
    else
      conversation.ask(here, method, params, not_refused, function(result)
        apply.ready_again(here, result)
      end)
    end
  end)
end

function M.retry(mods)
  reply(mods, 'conversation/retry')
end

function M.continue(mods)
  reply(mods, 'conversation/continue')
end

--- Puts the question under the cursor and its attachments into the prompt. When it is sent, it begins a branch.
function M.edit(mods)
  local exchange = subject.exchange(mods)
  if exchange then
    exchange.here.edited = { parent = exchange.question.parent or vim.NIL }
    prompt.open(exchange.here, {})
    prompt.edit(exchange.question)
  end
end

function M.stop()
  if not daemon.alive() then
    return
  end
  conversation.with(conversation.of(), function(here)
    -- This command stops a side question only if no other reply is being written. CTRL-C in the window of side
    -- questions stops one at any time.
    local turn
    for _, side in ipairs(here.state == '' and here.sides or {}) do
      turn = side.state ~= '' and side.turn ~= '' and side.turn or turn
    end
    conversation.request('conversation/stop', { conversation = here.id, turn = turn })
  end)
end

return M
