-- Commands on whole conversations: choose, rename, fork, delete, export, import.

local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local file = require('aside.file')
local message = require('aside.message')
local prompt = require('aside.prompt')
local subject = require('aside.subject')

local api, fn = vim.api, vim.fn
local M = {}

local max_listed = 500 -- the daemon returns no more at once

--- Makes the file show another conversation, and opens the prompt. This waits for the daemon, so that keys that are
--- already typed go into the prompt.
local function switch_to(here, method, params)
  if conversation.answer(method, conversation.document(here, params)) then
    here.edited = {}
    conversation.refresh(here)
    daemon.await(function()
      return not here.fetching
    end)
    prompt.open_next(here)
  end
end

--- Returns the conversations to offer. If the daemon has found conversations whose file is gone and which may be about
--- this file, these come first. After an error, shows the error to the user and returns nil.
local function offered(current, deleted)
  local params = { deleted = deleted, limit = max_listed }
  local listed = current and conversation.answer('conversation/list', conversation.document(current.here, params))
  if listed then
    local rows = not deleted and current.candidates or {}
    return vim.list_extend(vim.list_slice(rows), listed.conversations)
  end
end

--- Asks the user for a name, and calls `use` with it unless it is empty.
local function ask_name(question, current, use)
  -- strtrans(), since input() handles a control character as a key.
  vim.ui.input({ prompt = question, default = fn.strtrans(current.title) }, function(name)
    vim.cmd.redraw()
    vim.cmd.echo('""') -- removes the typed answer from the screen
    if name and name ~= '' then
      use(name)
    end
  end)
end

--- A conversation's line in the menu; its title comes last, since it may be longer than the menu is wide.
local function line_of(row, current)
  local title = fn.strtrans(row.title ~= '' and row.title or '(nothing asked yet)')
  if not row.turns then
    return ('? from %s, now gone: %s'):format(document.label(row.uri), title)
  end
  local mark = row.conversation == current and '*' or ' '
  return ('%s %s  %3d turns  %7s  %s'):format(mark, row.updated:sub(1, 10), row.turns, row.price or '', title)
end

function M.new(mods)
  local current = subject.show_and_get(mods)
  if current then
    switch_to(current.here, 'conversation/new', {})
  end
end

--- Opens a conversation of this file; with `deleted`, one of its deleted conversations. Without a title, a menu offers
--- all of them. If the cursor is in the page, it stays there; otherwise the prompt opens.
function M.choose(mods, deleted, title)
  local current = subject.show_and_get(mods)
  local rows = offered(current, deleted)
  if not rows then
    return
  end
  local function open(row)
    if not row then
      return
    elseif vim.bo.filetype == 'aside' then
      local params = conversation.document(current.here, { conversation = row.conversation })
      conversation.change(current.here, 'conversation/open', params)
    else
      switch_to(current.here, 'conversation/open', { conversation = row.conversation })
    end
  end
  local named = vim.tbl_filter(function(row)
    return vim.startswith(row.title, title)
  end, rows)
  if #rows == 0 then
    message.complain(deleted and 'this file has no deleted conversation' or 'this file has no conversation yet')
  elseif #named == 0 then
    message.complain(('this file has no %sconversation called "%s"'):format(deleted and 'deleted ' or '', title))
  elseif title ~= '' then
    open(named[1])
  else
    vim.ui.select(rows, {
      prompt = deleted and 'Deleted conversations, newest first' or 'Conversations, newest first',
      kind = 'aside_conversation',
      format_item = function(row)
        return line_of(row, current.conversation)
      end,
    }, open)
  end
end

--- Forks the conversation: in the page, at the exchange under the cursor; elsewhere, at the last exchange.
function M.fork(mods, title)
  local exchange = subject.exchange(mods)
  local function fork(name)
    switch_to(exchange.here, 'conversation/fork', {
      conversation = exchange.conversation,
      turn = exchange.reply.turn,
      title = name,
    })
  end
  if exchange and title ~= '' then
    fork(title)
  elseif exchange then
    ask_name('Name of the fork: ', exchange, fork)
  end
end

function M.rename(mods, title)
  local current = subject.show_and_get(mods)
  local function rename(name)
    local params = { conversation = current.conversation, title = name }
    conversation.change(current.here, 'conversation/configure', params)
  end
  if current and title ~= '' then
    rename(title)
  elseif current then
    ask_name('Name of the conversation: ', current, rename)
  end
end

function M.delete(mods, confirmed)
  local current = subject.show_and_get(mods)
  local rows = offered(current, false)
  if not rows then
    return
  end
  local own = vim.tbl_filter(function(row)
    return row.conversation == current.conversation
  end, rows)
  local question = current and ('Delete the conversation "%s"?'):format(fn.strtrans(current.title))
  if #own == 0 then
    message.complain('this file has no conversation yet')
  elseif confirmed or fn.confirm(question, '&Delete\n&Keep', 2) == 1 then
    conversation.change(current.here, 'conversation/delete', { conversation = current.conversation }, function()
      message.inform(('"%s" is deleted; :AsideThreads! can bring it back'):format(current.title))
    end)
  end
end

function M.export(overwrite, name)
  local path = file.path(name)
  local format = ({ md = 'markdown', json = 'json' })[fn.fnamemodify(path, ':e')]
  if not format then
    message.complain('name a file that ends in .md (to read) or .json (to import again)')
  elseif file.writable(path, overwrite, ':AsideExport!') and daemon.start() then
    conversation.with(conversation.of(api.nvim_get_current_buf()), function(here)
      conversation.request('conversation/export', { conversation = here.id, format = format }, function(result)
        file.write(path, result.text, 'the conversation')
      end)
    end)
  end
end

function M.import(mods, name)
  local path = file.path(name)
  if fn.filereadable(path) == 0 then
    message.complain(name .. ' cannot be read')
    return
  end
  local text = table.concat(fn.readfile(path, 'b'), '\n')
  subject.with(mods, function(here)
    daemon.request('conversation/import', conversation.document(here, { text = text }), function(answer)
      if answer.error then
        answer.error.message = answer.error.message:gsub('^params%.text', function()
          return name
        end)
        conversation.complain(answer.error)
      else
        conversation.refresh(here)
      end
    end)
  end)
end

function M.complete_file(lead)
  return file.complete(lead)
end

--- Completes a title. The user may have typed some words of the title already.
function M.complete(lead, line, cursor)
  local bang, typed = line:sub(1, cursor):match('%a+(!?)%s*(.*)')
  local current = subject.get(conversation.of(api.nvim_get_current_buf()))
  local titles = {}
  for _, row in ipairs(offered(current, bang == '!') or {}) do
    if vim.startswith(row.title, typed) then
      table.insert(titles, row.title:sub(#typed - #lead + 1))
    end
  end
  return titles
end

--- Completes with the present title, so that the user can change it.
function M.complete_title(lead)
  local current = subject.get(conversation.of(api.nvim_get_current_buf()))
  return current and vim.startswith(current.title, lead) and { current.title } or {}
end

return M
