-- Makes attachments: lines of a buffer, files, problems in a buffer, its git diff. Each is an entry with `attachment` for
-- the daemon and `label` for the prompt. The text of lines and problems is taken at once; files and diffs are read when
-- the question is sent.

local daemon = require('aside.daemon')
local document = require('aside.document')

local M = {}

local api = vim.api

local types = { E = 'error', W = 'warning', I = 'info', N = 'note', H = 'hint' }
local severities = { 'error', 'warning', 'info', 'hint' }

local function span(first, last)
  return first == last and tostring(first) or ('%d-%d'):format(first, last)
end

local function range_label(first, last)
  return (':%s (%d %s)'):format(span(first, last), last - first + 1, first == last and 'line' or 'lines')
end

function M.lines(buffer, first, last)
  return {
    label = document.name(buffer) .. range_label(first, last),
    attachment = document.attachment(buffer, first, last),
  }
end

--- Attaches a file or lines of it, given as an `attachment` that the daemon has sent.
function M.of(attachment)
  local range = attachment.range
  local lines = range and range_label(range.start.line + 1, range['end'].line) or ''
  return { label = document.label(attachment.uri) .. lines, attachment = attachment }
end

--- Attaches the file with this absolute path.
function M.file(path)
  return M.of({ uri = document.file_uri(path) })
end

--- Attaches the difference between the text of a buffer, with its URI, and the last commit. The buffer may be gone.
function M.diff(buffer, uri)
  return {
    label = document.name(buffer) .. ', changes since the last commit',
    attachment = { uri = uri, kind = 'gitDiff' },
  }
end

--- The problems in these lines of a buffer: Neovim's diagnostics, and the entries of the quickfix list and the location lists. Each has
--- line, column (0: unknown), severity (may be nil) and text.
local function problems_in(buffer, first, last)
  local found = {}
  local function add(line, column, severity, text)
    if line >= first and line <= last then
      text = vim.trim(text):gsub('\n', ' ')
      table.insert(found, { line = line, column = column, severity = severity, text = text })
    end
  end
  for _, one in ipairs(api.nvim_buf_is_loaded(buffer) and vim.diagnostic.get(buffer) or {}) do
    add(one.lnum + 1, one.col + 1, severities[one.severity], one.message)
  end
  local lists = { vim.fn.getqflist() }
  for _, window in ipairs(api.nvim_list_wins()) do
    table.insert(lists, vim.fn.getloclist(window))
  end
  for _, entries in ipairs(lists) do
    for _, entry in ipairs(entries) do
      if entry.valid == 1 and entry.bufnr == buffer then
        add(entry.lnum, entry.col, types[entry.type:upper()], entry.text)
      end
    end
  end
  return found
end

--- Attaches the problems in these lines of a buffer; nil if there are none. `last` may be beyond the end.
function M.problems(buffer, first, last)
  local found = problems_in(buffer, first, last)
  table.sort(found, function(a, b)
    if a.line ~= b.line then
      return a.line < b.line
    elseif a.column ~= b.column then
      return a.column < b.column
    end
    return a.text < b.text
  end)
  local lines, known = {}, {}
  for _, one in ipairs(found) do
    local place = one.column > 0 and ('%d:%d'):format(one.line, one.column) or tostring(one.line)
    local problem = ('%s %s%s'):format(place, one.severity and one.severity .. ': ' or '', one.text)
    if not known[problem] then
      known[problem] = true
      table.insert(lines, problem)
    end
  end
  if #lines == 0 then
    return nil
  end
  local whole = first == 1 and last >= api.nvim_buf_line_count(buffer)
  local count = (', %d problem%s'):format(#lines, #lines == 1 and '' or 's')
  return {
    label = document.name(buffer) .. (whole and '' or ':' .. span(first, last)) .. count,
    attachment = {
      uri = document.uri(buffer),
      kind = 'diagnostics',
      text = table.concat(lines, '\n') .. '\n',
      range = not whole and document.range(first, last) or nil,
    },
  }
end

--- Attaches again what an earlier question had attached. Text stays as it was then; pictures, PDFs and git diffs are
--- read again. Returns nil for an update, since an update was added by the daemon and not by the user.
function M.again(shared)
  local name, kind = vim.fs.basename(shared.name), shared.kind
  local buffer = document.buffer(shared.uri)
  if buffer > 0 then
    document.name_folder(buffer)
  end
  if kind == 'update' then
    return nil
  elseif kind == 'image' or kind == 'document' then
    return { label = name, attachment = { uri = shared.uri } }
  elseif kind == 'gitDiff' then
    return { label = name .. ', changes since the last commit', attachment = { uri = shared.uri, kind = kind } }
  elseif kind == 'diagnostics' then
    return { label = name .. ', problems', attachment = shared }
  end
  local first = shared.range and shared.range.start.line + 1 or 1
  local _, count = shared.text:gsub('\n', '')
  if not vim.endswith(shared.text, '\n') then
    count = count + 1
  end
  return { label = name .. range_label(first, first + count - 1), attachment = shared }
end

--- Attaches the file that a name means, with or without lines (file.c:10-24); nil if there is none. Relative names are looked up in
--- these folders. Waits for the daemon.
function M.named(name, folders)
  local word = vim.fn.escape(name, ' \\\t')
  local params = { text = '@' .. word, folders = vim.tbl_map(document.file_uri, folders) }
  local answer = name ~= '' and daemon.can('named') and daemon.answer('attachment/named', params) or {}
  local found = answer.result and answer.result.names[1]
  return found and found.word == word and found.attachment and M.of(found.attachment) or nil
end

--- Gives the daemon the unsaved text of buffers whose files are attached.
function M.synchronise(attachments)
  for _, one in ipairs(attachments) do
    if not one.text then
      document.synchronise_shared(one.uri)
    end
  end
end

return M
