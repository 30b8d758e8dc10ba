-- Handles the names after an @ in a question; the daemon says what they mean. A file is listed among the attachments as
-- soon as its name is finished. For a pattern or a folder, as in "@src/*.h" or "@src/", the user first sees the list of
-- its files and their price, as with :AsideAdd. The list is shown when the pattern is chosen from the menu, or else before
-- the question is sent. The names stay in the text of the question.

local add = require('aside.add')
local attachment = require('aside.attachment')
local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local message = require('aside.message')
local prompt = require('aside.prompt')

local M = {}

local api = vim.api

M.word_before = [[\%(^\|[[:space:]("]\)\zs@\%(\\.\|\S\)*$]]

-- The last request for names: its id (nil if nothing was sent), the text, the conversation (`here`), and the answer.
local asked = {}
local warned -- the text for which the user was told that its names can't be looked up

--- The parameters of attachment/named.
function M.params(text)
  local folders = { document.folder(conversation.of().source), vim.fn.getcwd() }
  return { text = text, folders = vim.tbl_map(document.file_uri, folders) }
end

--- Returns the lines of the question that may hold names after an @. In Insert mode the word that ends at the cursor is left
--- out, since the user may still be typing it.
local function text_of()
  local row, column = unpack(api.nvim_win_get_cursor(0))
  local inserting = vim.fn.mode() == 'i'
  local lines = {}
  for number, line in ipairs(api.nvim_buf_get_lines(0, 0, -1, false)) do
    if inserting and number == row and not line:find('^%S', column + 1) then
      line = vim.fn.substitute(line:sub(1, column), M.word_before, '', '') .. line:sub(column + 1)
    end
    if (' ' .. line):find('[%s("]@%S') and not prompt.is_listed(number) then
      table.insert(lines, line)
    end
  end
  return table.concat(lines, '\n')
end

--- Lists the new files of an answer, unless the request was superseded.
local function stage_files(request, answer)
  request.answer = answer
  if request ~= asked or not answer.result then
    return
  end
  local before, files = request.here.mentioned, {}
  for _, name in ipairs(answer.result.names) do
    table.insert(files, name.attachment)
  end
  request.here.mentioned = files
  for _, file in ipairs(files) do
    local function same(other)
      return vim.deep_equal(other, file)
    end
    if not vim.tbl_contains(before, same, { predicate = true }) then
      prompt.stage(attachment.of(file))
    end
  end
end

--- Lists the files that the question in this prompt names, so that the user sees what will be sent. Each file is listed once: if the
--- user deletes a file from the list, the file isn't listed again as long as the question names it. When the question changes, a new
--- request supersedes the last one. If `again` is true, a new one is sent even if nothing has changed.
function M.update(again)
  local now = { text = text_of(), here = conversation.of() }
  if not again and now.text == asked.text and now.here == asked.here then
    return
  end
  daemon.cancel(asked.id)
  asked = now
  if now.text == '' then
    stage_files(now, { result = { names = {} } })
    now.here.groups = {}
  elseif daemon.may_have('named') then
    now.id = daemon.request('attachment/named', M.params(now.text), function(answer)
      stage_files(now, answer)
    end)
  end
end

--- Adds the files of a pattern or a folder if the user says yes to the list. Returns a text about the files that were
--- not added; '' if all were added.
local function offer(name)
  local files, refused = add.expand(name.word, name.group)
  for _, row in ipairs(files) do
    prompt.stage(add.row(row), row)
  end
  return #refused > 0 and table.concat(refused, ' ')
    or #files == 0 and ('the files of %s were not added.'):format(vim.fn.strtrans(name.word))
    or ''
end

--- Lists all files that the question names. For each pattern and folder that was not shown before, shows its files, and
--- adds them if the user says yes. Returns a text for the user that says what was not added and why; '' if everything was
--- added, or if the user was already told that the names can't be looked up.
function M.stage_all()
  local knows, here = daemon.knows('named'), conversation.of()
  M.update(true)
  daemon.await(function()
    return asked.answer or not asked.id
  end)
  local answer = asked.answer or {}
  if not answer.result then
    local older = ("%s is older than this plugin and can't find files after @: update it"):format(daemon.command()[1])
    local known = warned == asked.text
    warned = asked.text
    local problem = not knows and older or answer.error and answer.error.message or 'the daemon is silent'
    return known and '' or problem .. '.'
  end
  local before, complaints = here.groups, {}
  here.groups = {}
  for _, name in ipairs(answer.result.names) do
    if name.group then
      table.insert(here.groups, name.word)
      table.insert(complaints, not vim.list_contains(before, name.word) and offer(name) or nil)
    end
  end
  return vim.trim(table.concat(complaints, ' '))
end

--- Shows the files of a pattern or a folder that was chosen from the menu, and adds them if the user says yes.
function M.choose(name)
  table.insert(conversation.of().groups, name.word)
  local complaint = offer(name)
  if complaint ~= '' then
    message.complain(complaint)
  end
end

return M
