-- Completion for questions: files after an @, and names of prompts at the beginning. In the prompt buffer this is Insert mode's
-- completion, which other plugins can use by 'omnifunc'. It starts while the user types, or when the user presses CTRL-X CTRL-U. The
-- daemon finds files by some letters of their names. The menu opens when the daemon's answer arrives, so typing doesn't wait.

local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local file = require('aside.file')
local mention = require('aside.mention')
local prompt = require('aside.prompt')

local M = {}

local api = vim.api

local max_offered = 100

local prompts -- the last list that the daemon has sent
local found = { base = '', items = {} } -- the files that the daemon has found last, for the next menu
local finding = {} -- the ids of the last requests for files

--- Requests the list of prompts. Called when the user is about to write a question.
function M.fetch_prompts()
  daemon.request('prompt/list', {}, function(answer)
    prompts = answer.result and answer.result.prompts
  end)
end

local function wait_for_prompts()
  local result = daemon.answer('prompt/list', {}).result
  prompts = result and result.prompts
end

--- Whether a question begins with the name of a prompt whose text is about code.
function M.needs_code(question)
  local name = question:match('^/(%S+)')
  if name and not prompts then
    wait_for_prompts()
  end
  return vim.iter(prompts or {}):any(function(one)
    return one.name == name and one.needsCode
  end)
end

local function matching_prompts(base)
  local items = {}
  for _, one in ipairs(prompts or {}) do
    local word = '/' .. one.name
    if vim.startswith(word, base) then
      table.insert(items, { word = word, menu = vim.fn.strtrans(one.problem or one.description) })
    end
  end
  return items
end

--- Completes the names of prompts on the command line.
function M.question(lead, line, cursor)
  if vim.fn.match(line:sub(1, cursor), [[^[^/]*\a\+!\=\s\+/\S*$]]) < 0 then
    return {}
  end
  wait_for_prompts()
  return vim.tbl_map(function(item)
    return item.word
  end, matching_prompts(lead))
end

--- Returns the requests whose answers make up the menu for a word: the parameters by method.
local function requests(base)
  local here = conversation.of()
  if not daemon.may_have('find') then
    return {}
  end
  document.name_folder(here.source)
  return {
    ['attachment/find'] = conversation.document(here, {
      query = file.unescaped(base:sub(2)),
      limit = max_offered,
      folder = document.file_uri(document.folder(here.source)),
    }),
    -- A word means several files only if it has one of these characters.
    ['attachment/named'] = base:find('[*?[/]') and daemon.may_have('named') and mention.params(base) or nil,
  }
end

--- Returns the items of the menu. If the typed word is a pattern or a folder, it is the first item. Names that can't be
--- typed are left out.
local function items_of(base, answers)
  local items = {}
  for _, one in ipairs(vim.tbl_get(answers, 'attachment/named', 'result', 'names') or {}) do
    if one.group and '@' .. one.word == base then
      table.insert(items, { word = base, abbr = one.word, menu = 'shows its files', user_data = one })
    end
  end
  for _, row in ipairs(vim.tbl_get(answers, 'attachment/find', 'result', 'files') or {}) do
    if not row.name:find('%c') and not row.name:find('\239\191\189', 1, true) then
      table.insert(items, { word = '@' .. vim.fn.escape(row.name, [[ \]]), abbr = row.name })
    end
  end
  return items
end

--- Returns the column where the text to complete begins; -3 if there is nothing to complete.
local function start()
  local before = api.nvim_get_current_line():sub(1, vim.fn.col('.') - 1)
  local at = vim.fn.match(before, mention.word_before)
  if at >= 0 then
    return at
  end
  local question = vim.trim(prompt.question(api.nvim_get_current_buf()))
  return before:find('^/%S*$') and vim.startswith(question, before) and 0 or -3
end

local function typed_from(column)
  return api.nvim_get_current_line():sub(column + 1, vim.fn.col('.') - 1)
end

--- Opens the menu with these items, unless there is nothing to be chosen.
local function open(items, base)
  local choice = vim.iter(items):any(function(one)
    return one.word ~= base or one.user_data
  end)
  if not choice then
    return
  end
  -- Always show the menu, even for one item, and insert nothing before the user chooses an item. Before
  -- Neovim 0.11 a buffer can't have its own 'completeopt'.
  local before = vim.o.completeopt
  vim.o.completeopt = 'menuone,noselect'
  api.nvim_create_autocmd('CompleteDone', {
    once = true,
    callback = function()
      vim.o.completeopt = before
    end,
  })
  api.nvim_feedkeys(vim.keycode('<C-x><C-u>'), 'n', false)
end

--- Called when the menu is closed. If a pattern or a folder was chosen, shows its files.
function M.done()
  local item = vim.v.completed_item
  if type(item.user_data) == 'table' and item.user_data.group then
    mention.choose(item.user_data)
  end
end

--- 'completefunc' and 'omnifunc' of the prompt.
function M.complete(find_start, base)
  if find_start == 1 then
    return start()
  elseif base:sub(1, 1) ~= '@' then
    return matching_prompts(base)
  end
  if found.base ~= base then
    local answers = {}
    for method, params in pairs(requests(base)) do
      answers[method] = daemon.answer(method, params)
    end
    found = { base = base, items = items_of(base, answers) }
  end
  return { words = found.items, refresh = 'always' }
end

--- Cancels the previous search, and asks the daemon for the files for `base`. When they arrive, the menu opens, unless
--- the user has typed more meanwhile. If the word is the whole name of a file, no menu opens: the user has typed all of
--- it, or has chosen it from a menu.
local function find(base)
  local buffer = api.nvim_get_current_buf()
  vim.tbl_map(daemon.cancel, finding)
  finding = {}
  local wanted, answers = requests(base), {}
  local function show()
    if vim.tbl_count(answers) < vim.tbl_count(wanted) or answers['attachment/find'].error then
      return
    end
    found = { base = base, items = items_of(base, answers) }
    local at = api.nvim_get_current_buf() == buffer and vim.fn.mode() == 'i' and start() or -3
    local whole = vim.iter(found.items):any(function(one)
      return one.word == base and not one.user_data
    end)
    if at >= 0 and not whole and typed_from(at) == base then
      open(found.items, base)
    end
  end
  for method, params in pairs(wanted) do
    local id = daemon.request(method, params, function(answer)
      answers[method] = answer
      show()
    end)
    table.insert(finding, id)
  end
end

--- Opens the menu if the typed text can be completed. The menu opens only once for the same text, so that it stays closed after CTRL-E.
function M.offer()
  local at = vim.fn.complete_info({ 'mode' }).mode ~= '' and -3 or start()
  local base = at < 0 and '' or typed_from(at)
  if base == (vim.b.aside_offered or '') then
    return
  end
  vim.b.aside_offered = base
  if base:sub(1, 1) == '@' then
    find(base)
  elseif base ~= '' then
    open(M.complete(0, base), base)
  end
end

return M
