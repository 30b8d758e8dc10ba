-- Buffers as documents of the daemon, by URI. The text of a buffer is sent when a question is about to be asked, so that
-- typing costs no time: while a document is open, only the range of changed lines is noted.

local daemon = require('aside.daemon')

local M = {}

local api = vim.api

-- Open documents by URI:
--   buffer, tick   the buffer, and its changedtick of the text that the daemon has
--   changed        how the buffer differs from that text: the lines from `first` to `old_last` of that text are now those
--                  from `first` to `last` (counted from 0, without the line `last`); nil if it doesn't differ
--   whole          the next text must be sent as a whole
local open_documents = {}

function M.path(buffer)
  return api.nvim_buf_is_valid(buffer) and api.nvim_buf_get_name(buffer) or ''
end

function M.name(buffer)
  local name = vim.fs.basename(M.path(buffer))
  return name ~= '' and name or '[No Name]'
end

--- Escapes unsafe characters byte by byte; `unsafe` is a Lua pattern.
local function escaped(text, unsafe)
  return (text:gsub(unsafe, function(byte)
    return ('%%%02X'):format(byte:byte())
  end))
end

function M.file_uri(path)
  return 'file://' .. escaped(path, '[^%w/._~-]')
end

--- Returns the URI of a folder. `folder` is its absolute path, which ends in a slash.
function M.folder_uri(folder)
  return M.file_uri(vim.fn.fnamemodify(folder, ':h'))
end

--- Returns the path of a `file:` URI of this machine; '' for other URIs, which Neovim might fetch from the network.
local function file_path(uri)
  local path = uri:match('^file://(/.*)')
  return path and path:gsub('%%(%x%x)', function(hex)
    return string.char(tonumber(hex, 16))
  end) or ''
end

--- Returns the URI of a buffer. A buffer that is no file gets a unique `untitled:` URI.
function M.uri(buffer)
  local path = M.path(buffer)
  if path:find('^%a[%w.+-]+://') then
    return escaped(path, '[^!#-;=?-%[%]_a-z~]')
  elseif path ~= '' and vim.list_contains({ '', 'acwrite', 'nowrite', 'help' }, vim.bo[buffer].buftype) then
    return M.file_uri(path)
  elseif not api.nvim_buf_is_valid(buffer) then
    return ''
  end
  if not vim.b[buffer].aside_untitled then
    vim.b[buffer].aside_untitled = 'untitled:' .. vim.uv.random(16):gsub('.', function(byte)
      return ('%02x'):format(byte:byte())
    end)
  end
  return vim.b[buffer].aside_untitled
end

--- The text of lines; `last` is -1 for all lines. A NUL byte becomes "?", as in the plugin for Vim.
local function text(buffer, first, last)
  local lines = table.concat(api.nvim_buf_get_lines(buffer, first - 1, last, false), '\n') .. '\n'
  return (lines:gsub('%z', '?'))
end

local function language(buffer)
  local filetype = vim.bo[buffer].filetype
  return filetype ~= '' and filetype or 'plaintext'
end

local function note_change(document, first, old_last, last)
  local changed = document.changed
  if not changed then
    document.changed = { first = first, old_last = old_last, last = last }
    return
  end
  local more = math.max(0, old_last - changed.last) -- how many of the changed lines are below the noted ones
  changed.old_last = changed.old_last + more
  changed.last = changed.last + more + last - old_last
  changed.first = math.min(changed.first, first)
end

--- Notes the changes of an open document from now on.
local function attach(uri, document)
  local function current()
    return open_documents[uri] == document
  end
  api.nvim_buf_attach(document.buffer, false, {
    on_lines = function(_, _, _, first, old_last, last)
      if not current() then
        return true -- detaches
      end
      note_change(document, first, old_last, last)
      -- If all lines are deleted, the buffer still has one empty line, which Neovim doesn't report.
      document.whole = document.whole or last == 0 and api.nvim_buf_line_count(document.buffer) == 1
    end,
    on_reload = function()
      document.whole = true
    end,
    on_detach = function()
      if current() then
        document.tick, document.detached = -1, true
      end
    end,
  })
end

--- Gives the daemon the present text of a buffer, unless the daemon has it already.
function M.synchronise(buffer)
  local uri = M.uri(buffer)
  local known = open_documents[uri]
  if not api.nvim_buf_is_loaded(buffer) then
    return
  end
  local tick = api.nvim_buf_get_changedtick(buffer)
  if known and known.buffer == buffer and known.tick == tick then
    return
  end
  if not known then
    M.name_folder(buffer)
  end
  local document = { uri = uri, version = tick }
  if known and known.buffer == buffer and not known.whole and not known.detached then
    local changed = known.changed
    known.tick, known.changed = tick, nil
    if changed then
      local new = changed.last > changed.first and text(buffer, changed.first + 1, changed.last) or ''
      if not new:find('\r', 1, true) then -- the daemon takes a carriage return within a line for the end of a line
        daemon.notify('textDocument/didChange', {
          textDocument = document,
          contentChanges = {
            {
              range = {
                start = { line = changed.first, character = 0 },
                ['end'] = { line = changed.old_last, character = 0 },
              },
              text = new,
            },
          },
        })
        return
      end
    end
  end
  local whole = text(buffer, 1, -1)
  local state = { buffer = buffer, tick = tick, whole = whole:find('\r', 1, true) ~= nil }
  open_documents[uri] = state
  attach(uri, state)
  if known then
    daemon.notify('textDocument/didChange', { textDocument = document, contentChanges = { { text = whole } } })
  else
    document.languageId, document.text = language(buffer), whole
    daemon.notify('textDocument/didOpen', { textDocument = document })
  end
end

--- Returns the buffers with this URI, and those that show the same file under another name.
local function buffers_of(uri)
  local path = vim.fn.resolve(file_path(uri))
  return vim.tbl_filter(function(buffer)
    if path ~= '' then
      return vim.fn.resolve(M.path(buffer)) == path
    end
    return vim.b[buffer].aside_untitled == uri
  end, api.nvim_list_bufs())
end

--- Gives the daemon the present text of a shared document, if its buffer has unsaved changes or the document is open
--- already. Otherwise the daemon reads the file.
function M.synchronise_shared(uri)
  for _, buffer in ipairs(buffers_of(uri)) do
    if api.nvim_buf_is_loaded(buffer) and (vim.bo[buffer].modified or open_documents[M.uri(buffer)]) then
      M.synchronise(buffer)
    end
  end
end

--- The open documents whose buffer is gone or has another name now.
function M.stale()
  return vim.tbl_filter(function(uri)
    local buffer = open_documents[uri].buffer
    return not api.nvim_buf_is_loaded(buffer) or M.uri(buffer) ~= uri
  end, vim.tbl_keys(open_documents))
end

function M.close(uri)
  daemon.notify('textDocument/didClose', { textDocument = { uri = uri } })
  open_documents[uri] = nil
end

--- Forgets all open documents. Called after the daemon has ended.
function M.forget()
  open_documents = {}
end

--- The lines from `first` to `last`, counted from 1, as a range of the protocol.
function M.range(first, last)
  return { start = { line = first - 1, character = 0 }, ['end'] = { line = last, character = 0 } }
end

--- Attaches these lines as they are now. If these are all lines of the buffer, attaches the whole document.
function M.attachment(buffer, first, last)
  M.name_folder(buffer)
  local all = first == 1 and last == api.nvim_buf_line_count(buffer)
  return {
    uri = M.uri(buffer),
    languageId = language(buffer),
    text = text(buffer, first, last),
    range = not all and M.range(first, last) or nil,
  }
end

--- Returns the buffer of a URI, or 0 if there is neither a buffer nor a file with this URI.
function M.buffer(uri)
  for _, buffer in ipairs(api.nvim_list_bufs()) do
    if vim.b[buffer].aside_untitled == uri then
      return buffer
    end
  end
  local path = file_path(uri)
  return vim.fn.filereadable(path) == 1 and vim.fn.bufadd(path) or 0
end

--- Returns a buffer with this URI; creates the buffer if necessary, even if the file doesn't exist.
function M.make(uri)
  local buffer = M.buffer(uri)
  if buffer == 0 then
    local path = file_path(uri)
    local untitled = uri:find('^untitled:')
    buffer = vim.fn.bufadd(untitled and '' or path ~= '' and path or uri)
    vim.b[buffer].aside_untitled = untitled and uri or nil
  end
  return buffer
end

--- A short name of a document for people.
function M.label(uri)
  local path = file_path(uri)
  return uri:find('^untitled:') and '[No Name]' or path ~= '' and vim.fn.fnamemodify(path, ':~:.') or uri
end

--- Whether a line of a buffer has a carriage return that isn't its last character. The daemon takes such a carriage return
--- for the end of a line, so its line numbers differ from Neovim's.
function M.has_other_lines(buffer)
  for _, line in ipairs(api.nvim_buf_get_lines(buffer, 0, -1, false)) do
    if line:find('\r.') then
      return true
    end
  end
  return false
end

--- Returns the folder to which the names of files are relative when Claude reads them: the repository of the file or,
--- without a repository, the folder of the file.
function M.folder(buffer)
  local path = M.path(buffer)
  local own = (path == '' or path:find('^%a[%w.+-]+://')) and vim.fn.getcwd() or vim.fs.dirname(path)
  for _, folder in ipairs(vim.list_extend({ own }, vim.iter(vim.fs.parents(own)):totable())) do
    if vim.uv.fs_lstat(folder .. '/.git') then
      return folder
    end
  end
  return own
end

function M.name_folder(buffer)
  local folder = M.folder(buffer)
  local named = { { uri = M.file_uri(folder), name = vim.fs.basename(folder) } }
  daemon.notify('workspace/didChangeWorkspaceFolders', { event = { added = named, removed = named } })
end

return M
