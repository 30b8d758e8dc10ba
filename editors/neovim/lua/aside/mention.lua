-- Handles the names after an @ in a question. A file is listed among the attachments as soon as its name is finished.
-- For a pattern or a folder, as in "@src/*.h" or "@src/", the user first sees the list of its files and their price, as
-- with :AsideAdd. The list is shown when the pattern is chosen from the menu, or else before the question is sent. The
-- names stay in the text of the question.

local add = require('aside.add')
local attachment = require('aside.attachment')
local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local file = require('aside.file')
local message = require('aside.message')
local prompt = require('aside.prompt')

local M = {}

local api = vim.api

local pattern = [[\%(^\|[[:space:]("]\)@\zs\%(\\.\|\S\)\+]]

--- The folders in which the names in a question are looked up.
function M.folders()
  return { document.folder(conversation.of().source), vim.fn.getcwd() }
end

--- Returns the words after an @ in the question, as typed. With `finished`, the word at the cursor in Insert mode is
--- left out, since it may not be complete yet.
local function words(finished)
  local inserting = finished and vim.fn.mode() == 'i'
  local row, column = unpack(api.nvim_win_get_cursor(0))
  local found = {}
  for number, line in ipairs(api.nvim_buf_get_lines(0, 0, -1, false)) do
    local word, start, last = '', line:find('@', 1, true) and not prompt.is_listed(number) and 0 or -1, 0
    while start >= 0 do
      word, start, last = unpack(vim.fn.matchstrpos(line, pattern, last))
      if start >= 0 and not (inserting and number == row and last == column) then
        table.insert(found, word)
      end
    end
  end
  return found
end

--- Returns what the function `meaning` returns for a word. While that is nil, tries again without the punctuation at
--- the end of the word, since the punctuation may belong to the sentence.
local function trimmed(word, meaning)
  local found = meaning(word)
  while not found and word:find('[.,;:!?)"\']$') do
    word = word:sub(1, -2)
    found = meaning(word)
  end
  return found
end

local function file_of(typed)
  return attachment.named(file.unescaped(typed), M.folders())
end

--- Returns the typed word and the `params` of attachment/expand for it; nil if the word names a file or is only a word.
--- Since people write much else with an @, a pattern must have a slash or a dot, and a folder must end in a slash.
local function group_of(typed)
  local plain = typed:gsub('\\.', 'x')
  local may_be = typed:find('[/.]') and (plain:find('[*?[]') or typed:find('./$'))
  if not may_be or typed:find('[.,;:!?)"\']$') or file_of(typed) then
    return nil
  end
  local params = { folder = document.file_uri(M.folders()[1]), pattern = typed }
  if typed:find('^~?/') then
    params = file.group(typed)
  end
  return params and { word = typed, params = params }
end

--- Lists the files that the question in this prompt names, so that the user sees what will be sent. Each file is listed once: if the
--- user deletes a file from the list, the file isn't listed again as long as the question names it.
function M.stage_files()
  local rows = {}
  for _, word in ipairs(words(true)) do
    table.insert(rows, trimmed(word, file_of))
  end
  local here = conversation.of()
  local before = here.mentioned
  here.mentioned = vim.tbl_map(function(row)
    return row.label
  end, rows)
  for _, row in ipairs(rows) do
    if not vim.list_contains(before, row.label) then
      prompt.stage(row)
    end
  end
end

--- Adds the files of a pattern or a folder if the user says yes to the list. Returns a text about the files that were
--- not added; '' if all were added.
local function offer(group)
  local files, refused = add.expand(group.word, group.params)
  for _, row in ipairs(files) do
    prompt.stage(add.row(row), row)
  end
  return #refused > 0 and table.concat(refused, ' ')
    or #files == 0 and ('the files of %s were not added.'):format(vim.fn.strtrans(group.word))
    or ''
end

--- For each pattern and folder in the question that was not shown before, shows its files, and adds them if the user
--- says yes. Returns a text for the user that says what was not added and why; '' if everything was added.
function M.stage_groups()
  if not daemon.knows('find') then
    return ''
  end
  local here = conversation.of()
  local before, complaints = here.groups, {}
  here.groups = {}
  for _, word in ipairs(words(false)) do
    local group = trimmed(word, group_of)
    if group then
      table.insert(here.groups, group.word)
      local complaint = vim.list_contains(before, group.word) and '' or offer(group)
      if complaint ~= '' then
        table.insert(complaints, complaint)
      end
    end
  end
  return table.concat(complaints, ' ')
end

--- Whether the menu should offer to show the files of this typed word.
function M.is_group(word)
  return daemon.has_flag('find') and group_of(word) ~= nil
end

--- Does the same as stage_groups(), but for one word, which was chosen from the menu.
function M.choose(word)
  table.insert(conversation.of().groups, word)
  local complaint = offer(group_of(word))
  if complaint ~= '' then
    message.complain(complaint)
  end
end

return M
