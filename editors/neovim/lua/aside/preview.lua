-- :AsidePreview: shows what a question would send, in a new window. The text comes from the daemon; it takes a moment, since
-- Anthropic's server counts the tokens.

local code = require('aside.code')
local conversation = require('aside.conversation')
local scratch = require('aside.scratch')

local M = {}

local api = vim.api

--- Folds the request, which comes last.
local function fold()
  local first = vim.fn.search('^```json$', 'bcnw')
  if first > 0 then
    vim.cmd.fold({ range = { first, api.nvim_buf_line_count(0) } })
  end
  vim.fn.cursor(1, 1)
end

--- `params` are the parameters of conversation/ask.
function M.show(mods, name, params)
  local buffer = scratch.open(mods, 'What would be sent about ' .. name, { 'Counting the tokens ...' })
  vim.bo.syntax = 'aside'
  vim.bo.synmaxcol = 1000
  for option, value in pairs({ foldmethod = 'manual', number = false, relativenumber = false, wrap = true }) do
    vim.wo[0][0][option] = value
  end
  conversation.request('conversation/preview', params, function(result)
    local lines = vim.split(result.text, '\n', { plain = true })
    scratch.fill(buffer, lines)
    for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
      api.nvim_win_call(window, fold)
    end
    code.colour(buffer, lines)
  end, function(failure)
    scratch.fill(buffer, { 'Nothing would be sent:', '', failure.data and failure.data.hint or '', failure.message })
  end)
end

return M
