-- Suggests in one line above the question what the user may want to share with it: CTRL-T and a number add one
-- suggestion. The daemon finds what belongs to the text at the cursor. Nothing is added unless the user presses these
-- keys.

local attachment = require('aside.attachment')
local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local message = require('aside.message')

local M = {}

local api = vim.api

--- Returns a window that shows the buffer, preferably in this tab page; nil if there is none.
local function window_of(buffer)
  local window = vim.fn.bufwinid(buffer)
  return window > 0 and window or vim.fn.win_findbuf(buffer)[1]
end

--- Returns the first and the last of the lines that were selected last in the buffer, if the cursor is still in one of
--- these two lines. A selection within one line doesn't count, since nobody wants to share only a few words.
local function selected(buffer, line)
  local first = api.nvim_buf_get_mark(buffer, '<')[1]
  local last = api.nvim_buf_get_mark(buffer, '>')[1]
  if first > 0 and first < last and (line == first or line == last) then
    return first, last
  end
end

--- Asks the daemon for suggestions, unless the daemon is too old, and calls shown() when they have arrived. `listed`
--- are the attachments that are in the list already.
function M.fetch(here, listed, shown)
  if not daemon.has_flag('suggest') then
    return
  end
  local source = here.source
  local params = conversation.document(here, { attachments = listed })
  local window = window_of(source)
  if api.nvim_buf_is_valid(source) then
    document.name_folder(source)
  end
  if window then
    document.synchronise_shared(here.uri)
    local line = vim.fn.line('.', window)
    local problems = attachment.problems(source, line, line)
    local first, last = selected(source, line)
    params.selection = first and document.range(first, last)
    params.position = { line = line - 1, character = 0 }
    params.problems = problems and { text = problems.attachment.text, range = document.range(line, line) }
  end
  daemon.request('attachment/suggest', params, function(answer)
    here.suggested = vim.tbl_filter(function(row)
      return row.offer
    end, answer.result and answer.result.suggestions or {})
    shown()
  end)
end

--- Returns the suggestions as one line that fits into this width; '' if there are none.
function M.line(here, width)
  local line = ''
  for i, row in ipairs(here.suggested) do
    local longer = ('%s  %d %s'):format(line, i, vim.fn.strtrans(row.offer))
    if i > 1 and vim.fn.strcharlen('CTRL-T adds' .. longer) > width then
      break
    end
    line = i == 1 and longer:sub(2) or longer
  end
  return line == '' and '' or 'CTRL-T adds' .. line
end

--- Returns the last line of a range. A line in which the range ends is part of it.
local function last_line(range)
  return range['end'].line + (range['end'].character > 0 and 1 or 0)
end

--- Returns a suggestion as an entry {label, attachment}, with the lines of the buffer as they are now.
local function row_of(here, suggested)
  local wanted = suggested.attachment
  if wanted.uri == here.uri and api.nvim_buf_is_loaded(here.source) and wanted.range then
    local first, last = wanted.range.start.line + 1, last_line(wanted.range)
    return (wanted.kind and attachment.problems or attachment.lines)(here.source, first, last)
  end
  return { label = document.label(wanted.uri), attachment = wanted }
end

--- Adds the suggestion whose number is typed next.
function M.take()
  local here = conversation.of()
  if #here.suggested == 0 then
    message.complain('there is nothing to suggest')
    return
  end
  local ok, key = pcall(vim.fn.getcharstr)
  local chosen = ok and here.suggested[tonumber(key)]
  local row = chosen and row_of(here, chosen)
  if row then
    require('aside.prompt').stage(row)
  end
end

return M
