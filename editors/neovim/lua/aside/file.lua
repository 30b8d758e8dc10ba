-- Expands names of files as people type them, and writes files. Only "~/" at the beginning, "%" and "#" are expanded; everything else
-- is literal, and the daemon knows what * ? [ ] mean. So a name can't run or evaluate anything. Neovim's expand(), glob() and file
-- completion would run a command in backticks.

local document = require('aside.document')
local message = require('aside.message')

local M = {}

local api = vim.api

--- Splits typed text into words. A blank after a backslash belongs to its word.
function M.words(typed)
  local words, word = {}, nil
  local at = 1
  while at <= #typed do
    local character = typed:sub(at, at)
    if character == '\\' and at < #typed then
      word, at = (word or '') .. typed:sub(at, at + 1), at + 1
    elseif character:find('%s') then
      if word then
        table.insert(words, word)
      end
      word = nil
    else
      word = (word or '') .. character
    end
    at = at + 1
  end
  if word then
    table.insert(words, word)
  end
  return words
end

function M.unescaped(typed)
  return (typed:gsub('\\(.)', '%1'))
end

--- Returns the absolute path of a name. If the name begins with "~" and this isn't the home folder, "./" is put before it: otherwise
--- fnamemodify() would expand a $VAR in the name.
function M.absolute(name)
  if name == '~' or vim.startswith(name, '~/') then
    name = vim.env.HOME .. name:sub(2)
  elseif vim.startswith(name, '~') then
    name = './' .. name
  end
  return vim.fn.fnamemodify(name, ':p')
end

--- Returns the path of the one file that typed text names; % and # at the beginning are expanded.
function M.path(typed)
  local mark, number, modifiers, rest =
    unpack(vim.fn.matchlist(typed, [[^\(%\|#\(\d*\)\)\(\%(:[p~.htre]\)*\)\(.*\)$]]), 2)
  local buffer = -1
  if mark and mark:sub(1, 1) == '%' then
    buffer = api.nvim_get_current_buf()
  elseif mark and mark ~= '' then
    buffer = number == '' and vim.fn.bufnr('#') or tonumber(number)
  end
  local full = buffer > 0 and document.path(buffer) or ''
  if full == '' then
    return M.absolute(M.unescaped(typed))
  end
  full = full:gsub('^aside://', ''):gsub('^aside%-prompt://', '') -- turns the name of a page into the path of its file
  return M.absolute(vim.fn.fnamemodify(full, modifiers) .. M.unescaped(rest))
end

--- Returns the parameters of attachment/expand for a typed word that means a folder or a pattern; nil if it means one file.
function M.group(typed)
  local function folder_uri(path)
    return document.file_uri(#path > 1 and path:gsub('/+$', '') or path)
  end
  local path = M.path(typed)
  if vim.fn.isdirectory(path) == 1 then
    return { folder = folder_uri(path) }
  elseif vim.uv.fs_lstat(path) or not typed:gsub('\\.', ''):find('[*?[]') then
    return nil
  end
  local head = vim.fn.matchstr(typed, [[^\%(\\\_.\|\_[^\\*?[]\)*/]])
  local folder = head == '' and vim.fn.getcwd() or M.absolute(M.unescaped(head))
  return { folder = folder_uri(folder), pattern = typed:sub(#head + 1) }
end

--- Returns the names in a folder that start with `beginning`. The names of folders end in a slash. Names that start with a dot are
--- returned only if a dot was typed. Names with control characters can't be typed, so they are left out.
function M.names(folder, beginning)
  local names = {}
  for name in vim.fs.dir(folder) do
    local hidden = vim.startswith(name, '.') and not vim.startswith(beginning, '.')
    if vim.startswith(name, beginning) and not hidden and not name:find('%c') then
      table.insert(names, vim.fn.isdirectory(folder .. '/' .. name) == 1 and name .. '/' or name)
    end
  end
  table.sort(names)
  return names
end

--- Completion on the command line: returns the names that begin with the typed text. With a Lua pattern, returns only
--- folders and the names that match the pattern.
function M.complete(lead, pattern)
  local typed = M.unescaped(lead)
  local head = typed:match('^.*/') or ''
  local found = {}
  for _, name in ipairs(M.names(M.absolute(head ~= '' and head or '.'), typed:sub(#head + 1))) do
    if not pattern or vim.endswith(name, '/') or name:find(pattern) then
      local here = head == '' and vim.startswith(name, '~') and './' or ''
      table.insert(found, vim.fn.fnameescape(here .. head .. name))
    end
  end
  return found
end

-- A short form of an absolute path.
local function short(path)
  return vim.fn.fnamemodify(path, ':~:.')
end

--- Whether a file may be written. If it exists and `overwrite` is false, the result is false, and a message says that `command`
--- overwrites the file.
function M.writable(path, overwrite, command)
  if not overwrite and vim.uv.fs_lstat(path) then
    message.complain(('%s is there already; %s overwrites it'):format(short(path), command))
    return false
  end
  return true
end

--- Writes a text, and says so; `what` names it in the message.
function M.write(path, text, what)
  local handle = io.open(path, 'wb')
  local written = handle and handle:write(text)
  if handle and handle:close() and written then
    message.inform(('%s is written to %s'):format(what, short(path)))
  else
    message.complain(short(path) .. ' cannot be written')
  end
end

return M
