-- The subject of a command: the conversation of the current buffer and, in its page, the exchange under the cursor.

local btw = require('aside.btw')
local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local message = require('aside.message')
local page = require('aside.page')

local M = {}

local api = vim.api

--- Whether the current buffer is a page or another buffer of Aside. The lines of such a buffer aren't lines of a file.
function M.in_aside_buffer()
  local buffer = api.nvim_get_current_buf()
  local here = conversation.known(buffer)
  return vim.bo.filetype:find('^aside') ~= nil or here ~= nil and here.source ~= buffer
end

--- Shows the conversation in a window and returns the conversation. In a review's tab page, a window opens only if the command has
--- modifiers.
function M.show(mods)
  local here = page.make(conversation.of())
  if not vim.w.aside_review or mods ~= '' then
    page.show(here, mods)
  end
  return here
end

--- Shows the conversation and calls `after` with it when its id is known.
function M.with(mods, after)
  if daemon.start() then
    conversation.with(M.show(mods), after)
  end
end

--- Returns the result of conversation/get, with the conversation itself as `here`. After an error, shows the error to the user and
--- returns nil.
function M.get(here, params)
  local result = conversation.answer('conversation/get', conversation.document(here, params or { limit = 1 }))
  if result then
    result.here = here
  end
  return result
end

--- Shows the conversation and returns the result of get(). This waits for the daemon, so that keys that are already typed reach the
--- menu or prompt that opens next.
function M.show_and_get(mods, params)
  if not daemon.start() then
    return nil
  end
  local here = M.show(mods)
  conversation.with(here)
  return M.get(here, params)
end

--- Returns the result of show_and_get() with three more fields: the question and the reply under the cursor, and `asked`, which is
--- true if the cursor is on the question. If the cursor is not in the page, these are the last question and reply.
function M.exchange(mods)
  local chosen = page.turn(conversation.of())
  if btw.turn() then
    message.complain('this is a side question: gs continues from it')
    return nil
  end
  local result = M.show_and_get(mods, {})
  local turns = result and result.turns or {}
  if #turns == 0 then
    if result then
      message.complain('nothing has been asked yet')
    end
    return nil
  end
  local place = #turns
  for i, turn in ipairs(turns) do -- the page may still show a variant that is no longer on the path
    if vim.list_contains(turn.variants, chosen) then
      place = i
      break
    end
  end
  local first = place - (place - 1) % 2
  result.question, result.reply, result.asked = turns[first], turns[first + 1], place == first
  return result
end

return M
