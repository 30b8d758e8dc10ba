-- What a question names with an @. A file is listed among the attachments as soon as its name is finished. What a pattern or a folder
-- means, as in "@src/*.h" or "@src/", is shown first, with its sum, as by :AsideAdd: when it is chosen from the menu, or before the
-- question is sent. The words stay in the question.

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

--- The words after an @ in the question, as typed, but not the one at the cursor in Insert mode if `finished` is true: it may not be
--- complete yet.
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

--- What a word means by `meaning`, or nil. Punctuation at its end may belong to the sentence.
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

--- The `params` of attachment/expand for a typed word; nil if it is a file or just a word. A pattern has a slash or a dot, and only a
--- name that ends in a slash is a folder: people write much else with an @.
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

--- Adds the files of a group if the user says yes to the list. Returns a text about those that were not added; '' if all were.
local function offer(group)
  local files, refused = add.expand(group.word, group.params)
  for _, row in ipairs(files) do
    prompt.stage(add.row(row), row)
  end
  return #refused > 0 and table.concat(refused, ' ')
    or #files == 0 and ('the files of %s were not added.'):format(vim.fn.strtrans(group.word))
    or ''
end

--- Shows the files of each pattern and folder in the question that was not shown before, and adds those to which the user says yes.
--- Returns what was not added and why, as a text for the user; '' if all was.
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

--- The same as stage_groups() for a word that was chosen from the menu.
function M.choose(word)
  table.insert(conversation.of().groups, word)
  local complaint = offer(group_of(word))
  if complaint ~= '' then
    message.complain(complaint)
  end
end

return M
