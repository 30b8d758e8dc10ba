-- Handles the files that a reply asks to see. The daemon finds them in the last lines of the reply, and puts them into
-- `wanted` of the section with the reply's text. If the last reply asks for files, the page shows after each of these
-- lines, as virtual text, what the file would cost, or why it can't or shouldn't be shared. Nothing is added to a
-- question or sent unless the user says so.

local attachment = require('aside.attachment')
local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local message = require('aside.message')
local page = require('aside.page')
local prompt = require('aside.prompt')

local M = {}

local api = vim.api

local follow_up = '/here' -- a prompt of the daemon that tells Claude: here is what you asked to see
local remarks = api.nvim_create_namespace('aside_wanted')

local function remove_remarks(here)
  if api.nvim_buf_is_loaded(here.page) then
    api.nvim_buf_clear_namespace(here.page, remarks, 0, -1)
  end
end

local function add_remarks(here, reply, result)
  remove_remarks(here) -- an earlier request may have added its remarks meanwhile
  local usable, last = 0, 0
  for i, row in ipairs(result.attachments or {}) do
    local line = reply.startLine + reply.wanted[i].line
    last = math.max(last, line)
    local group = row.refused and 'asideRefused' or row.reasons and 'asideAsks' or 'asideStaged'
    usable = usable + (row.refused and 0 or 1)
    local column = #api.nvim_buf_get_lines(here.page, line, line + 1, false)[1]
    api.nvim_buf_set_extmark(here.page, remarks, line, column, {
      virt_text = { { '  ' .. vim.fn.strtrans(row.remark or ''), group } },
      virt_text_pos = 'inline',
    })
  end
  if usable > 0 then
    local price = result.texts and result.texts.price and ', ' .. result.texts.price or ''
    local keys = ('gw adds %s to the next question, gW asks now%s'):format(usable == 1 and 'it' or 'them', price)
    api.nvim_buf_set_extmark(here.page, remarks, last, 0, { virt_lines = { { { keys, 'asideStaged' } } } })
  end
  page.to_end(vim.tbl_filter(function(window)
    return api.nvim_win_get_cursor(window)[1] > last
  end, vim.fn.win_findbuf(here.page)))
end

--- Shows what the last reply asks to see, after the page was made equal to a transcript.
local function show(here)
  remove_remarks(here)
  local reply = here.state == '' and api.nvim_buf_is_loaded(here.page) and page.reply(here, 0)
  if not reply or not reply.wanted then
    return
  end
  attachment.synchronise(reply.wanted)
  local params = conversation.document(here, { attachments = reply.wanted })
  daemon.request('attachment/check', params, function(answer)
    if api.nvim_buf_is_loaded(here.page) and page.reply(here, 0) == reply and here.state == '' then
      add_remarks(here, reply, answer.result or {})
    end
  end)
end

--- :AsideWanted: adds files to the next question. If the line under the cursor asks for a file, adds this file.
--- Elsewhere on the page, adds all files that the reply under the cursor asks for; outside of the page, those of the
--- last reply. With [!], asks the question at once.
function M.add(command)
  if not daemon.start() or not daemon.can('wanted') then
    return
  end
  local here = page.make(conversation.of())
  local at = api.nvim_get_current_buf() == here.page and vim.fn.line('.') or 0
  conversation.with(here)
  daemon.await(function()
    return here.id ~= '' and not here.fetching
  end)
  local reply = page.reply(here, at)
  local all = reply and reply.wanted or {}
  local wanted = vim.tbl_filter(function(one)
    return reply.startLine + one.line + 1 == at
  end, all)
  wanted = #wanted > 0 and wanted or all
  if #wanted == 0 then
    message.complain("this reply doesn't ask to see a file")
    return
  end
  attachment.synchronise(wanted)
  local result = conversation.answer('attachment/check', { attachments = wanted })
  local labels, refused = {}, {}
  for i, row in ipairs(result and result.attachments or {}) do
    if row.refused then
      table.insert(refused, row.refused)
    else
      local label = wanted[i].name .. (row.lines and ':' .. row.lines or '')
      table.insert(labels, label)
      prompt.stage({ label = label, attachment = wanted[i] }, row)
    end
  end
  if #labels == 0 then
    message.complain(refused[1] or 'none of these files can be shared')
  elseif command.bang then
    require('aside').ask({ mods = '', bang = false, range = 0, args = follow_up })
  else
    prompt.resume()
    local rest = #refused > 0 and ("; %d can't be shared"):format(#refused) or ''
    message.inform(
      ('%s will go with the next question%s%s'):format(table.concat(labels, ', '), prompt.price(here), rest)
    )
  end
end

conversation.on_transcript(show)

return M
