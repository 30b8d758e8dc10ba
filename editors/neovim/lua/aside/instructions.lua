-- :AsideInstructions: shows the instructions that Claude gets in the conversations of a file, and allows or refuses the
-- instructions of the file's repository.

local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local message = require('aside.message')
local scratch = require('aside.scratch')

local api = vim.api
local M = {}

local states = { used = 'used', unanswered = 'not used: you have not allowed it yet',
  refused = 'not used: you have refused it' }

local function text_of(listed, state)
  local lines = { '# Instructions', '' }
  for _, row in ipairs(listed.files) do
    local why = (row.problem or '') == '' and states[row.state] or 'not used: ' .. row.problem
    table.insert(lines, ('- %s (%s)'):format(document.label(row.uri), why))
  end
  if #listed.files == 0 then
    vim.list_extend(lines, {
      'There are no instructions yet.',
      '',
      'For all files: write instructions.md beside config.json, in ~/.config/aside',
      'or $XDG_CONFIG_HOME/aside.',
      'For a repository: write AGENTS.md in it, then :AsideInstructions allow.',
    })
  end
  if state == 'unanswered' or state == 'refused' then
    vim.list_extend(lines, {
      '',
      ":AsideInstructions allow sends the repository's instructions with your questions.",
    })
  end
  if state == 'unanswered' or state == 'used' then
    vim.list_extend(lines, { '', ":AsideInstructions refuse leaves the repository's instructions out." })
  end
  if (listed.notice or '') ~= '' then
    vim.list_extend(lines, { '', listed.notice })
  end
  if listed.text ~= '' then
    vim.list_extend(lines, { '', '## What is used now', '' })
    vim.list_extend(lines, vim.split(listed.text, '\n', { plain = true }))
  end
  return lines
end

--- `answer` is '', 'allow' or 'refuse'.
function M.show(mods, answer)
  if not daemon.start() then
    return
  end
  local here = conversation.of(api.nvim_get_current_buf())
  conversation.with(here)
  local listed = conversation.answer('instructions/list', conversation.document(here))
  if not listed then
    return
  end
  local offered -- the repository's instructions
  for _, row in ipairs(listed.files) do
    offered = row.folder and row or offered
  end
  if answer == '' then
    local title = 'Instructions for ' .. document.name(here.source)
    scratch.open(mods, title, text_of(listed, offered and offered.state))
    vim.bo.syntax = 'aside'
    local options = vim.wo[0][0]
    options.wrap, options.number, options.relativenumber = true, false, false
  elseif answer ~= 'allow' and answer ~= 'refuse' then
    message.complain(('use :AsideInstructions allow or :AsideInstructions refuse, not "%s"'):format(answer))
  elseif not offered then
    message.complain('there is no AGENTS.md or CLAUDE.md for this file')
  else
    local params = { folder = offered.folder, allow = answer == 'allow' }
    conversation.change(here, 'instructions/allow', params, function()
      local how = params.allow and 'is sent with your questions from now on' or 'is not sent with your questions'
      message.inform(('%s of %s %s'):format(offered.name, document.label(offered.folder), how))
    end)
  end
end

function M.complete(lead)
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, { 'allow', 'refuse' })
end

return M
