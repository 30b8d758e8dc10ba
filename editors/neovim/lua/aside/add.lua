-- :AsideAdd: adds lines of the current buffer, files, problems or a git diff to the next question. For a folder or a
-- pattern, the user first sees the list of its files, with their number of tokens and their price.

local attachment = require('aside.attachment')
local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local file = require('aside.file')
local message = require('aside.message')
local prompt = require('aside.prompt')
local subject = require('aside.subject')

local M = {}

local api = vim.api

local function say_added(label, count)
  prompt.resume()
  local now = count == 1 and '' or (', %d attachments now'):format(count)
  message.inform(('%s will go with the next question%s%s'):format(label, now, prompt.price(conversation.of())))
end

--- Shows the files with the sum of their tokens and their price, and asks whether they should be added.
local function confirmed(word, files, texts)
  local most = math.max(1, vim.o.lines - 8)
  local lines = vim.tbl_map(function(row)
    local line = ('%s  %s'):format(row.name, row.remark or '')
    return vim.fn.strpart(vim.fn.strtrans(line), 0, vim.o.columns - 2)
  end, vim.list_slice(files, 1, most))
  if #files > most then
    table.insert(lines, ('and %d more'):format(#files - most))
  end
  local sum = (texts.size and ', ' .. texts.size or '') .. (texts.price and ', ' .. texts.price or '')
  local question = ('%s\n\nAside: %s means these %d files%s'):format(
    table.concat(lines, '\n'), vim.fn.strtrans(word), #files, sum) -- stylua: ignore
  return vim.fn.confirm(question, '&Add them\n&Cancel', 1) == 1
end

--- Returns two lists: the files to add, as rows of attachment/expand, and the reasons why other files can't be added. `word` is a folder or a
--- pattern as the user has typed it, `group` the parameters for the daemon. The user sees the files with their tokens and price; if the
--- user says no, the list of files to add is empty.
function M.expand(word, group)
  local answer = daemon.answer('attachment/expand', conversation.document(conversation.of(), group))
  if answer.error then
    local hint = answer.error.data and answer.error.data.hint or ''
    local text = ('%s. %s'):format(answer.error.message:gsub('^params%.pattern: ', ''), hint)
    return {}, { vim.fn.strtrans(text) }
  end
  local good, refused = {}, {}
  for _, row in ipairs(answer.result.files) do
    table.insert(row.refused and refused or good, row.refused or row)
  end
  if #good == 0 or #good > 1 and not confirmed(word, good, answer.result.texts or {}) then
    return {}, refused
  end
  return good, refused
end

--- Turns a row of attachment/expand into an entry {label, attachment}.
function M.row(one)
  return attachment.of(one.attachment)
end

--- Stages the rows that the daemon doesn't refuse. If there are `complaints`, or rows that it refuses, shows the
--- complaints and the reasons.
local function stage(rows, complaints)
  local attachments = vim.tbl_map(function(row)
    return row.attachment
  end, rows)
  attachment.synchronise(attachments)
  local result = conversation.answer('attachment/check', { attachments = attachments })
  local labels, count = {}, 0
  for i, checked in ipairs(result and result.attachments or {}) do
    if checked.refused then
      table.insert(complaints, checked.refused)
    else
      count = prompt.stage(rows[i], checked)
      table.insert(labels, rows[i].label)
    end
  end
  if #complaints > 0 then
    message.complain(table.concat(complaints, ' '))
  elseif #labels > 0 then
    say_added(table.concat(labels, ', '), count)
  end
end

function M.add(command)
  local inside = subject.in_aside_buffer()
  local lines = not command.args:find('%S')
  if lines and inside then
    message.complain('these lines are part of the conversation already')
    return
  elseif not daemon.start() then
    return
  elseif lines then
    local row = attachment.lines(api.nvim_get_current_buf(), command.line1, command.line2)
    say_added(row.label, prompt.stage(row))
    return
  end
  local here = conversation.of()
  local source = here.source
  local ranged = command.range > 0 and not inside
  local rows, complaints, no_problems = {}, {}, nil
  document.name_folder(source)
  for _, word in ipairs(file.words(command.args)) do
    local group = file.group(word)
    if word == '++diff' then
      table.insert(rows, attachment.diff(source, here.uri))
    elseif word == '++problems' then
      local first, last = 1, math.huge
      if ranged then
        first, last = command.line1, command.line2
      end
      local row = attachment.problems(source, first, last)
      no_problems = not row
      table.insert(rows, row)
    elseif group and daemon.knows('find') then
      local files, refused = M.expand(word, group)
      vim.list_extend(rows, vim.tbl_map(M.row, files))
      vim.list_extend(complaints, refused)
    else
      local path = file.path(word)
      local there = vim.fn.filereadable(path) == 1
      table.insert(rows, not there and attachment.named(path, {}) or attachment.file(path))
    end
  end
  if no_problems then
    local where = command.range > 0 and ' in this range' or ''
    table.insert(
      complaints,
      ('The quickfix and location lists have no entries for %s%s.'):format(document.name(source), where)
    )
  end
  stage(rows, complaints)
end

function M.complete(lead)
  local found = file.complete(lead)
  for _, word in ipairs({ '++diff', '++problems' }) do
    if vim.startswith(word, lead) then
      table.insert(found, word)
    end
  end
  return found
end

return M
