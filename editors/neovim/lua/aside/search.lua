-- :AsideSearch: shows hits in the quickfix list. An entry must have a buffer, so each hit gets a buffer of its own. The
-- buffer's name, aside-hit://…, has all data that are needed to show the hit. Such a buffer is never displayed: when
-- Neovim reads it, the file and its conversation are shown instead.

local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local file = require('aside.file')
local keys = require('aside.keys')
local message = require('aside.message')
local page = require('aside.page')

local api, fn = vim.api, vim.fn
local M = {}

local max_hits = 200

local function entry(hit, uri)
  local title = fn.printf('%.40S', hit.title ~= '' and hit.title or '(nothing asked yet)')
  local time = hit.turn and hit.created or hit.updated
  local text = hit.turn and ('%s: %s'):format(title, hit.snippet) or ('%s (%d turns)'):format(title, hit.turns)
  -- The file's name must not come last: another plugin might take the buffer for its own file, such as a *.zip.
  local place = table.concat({ uri or hit.uri, hit.conversation, hit.turn or '', hit.reply or '' }, '/')
  return {
    bufnr = fn.bufadd('aside-hit://' .. place),
    module = document.label(uri or hit.uri),
    valid = true,
    text = ('%s %s'):format(time:sub(1, 10), text),
  }
end

--- `words` are a query of conversation/search; a folder, which ends in a slash, may come before them. Without words, the
--- conversations themselves are listed.
function M.find(mods, everywhere, words)
  -- In the quickfix window, "this file" is the file of the previous window.
  local buffer = vim.bo.buftype == 'quickfix' and fn.winbufnr(fn.winnr('#')) or api.nvim_get_current_buf()
  local here = conversation.of(buffer)
  local folder = fn.matchstr(words, [[^\%(\\.\|\S\)*/\ze\%(\s\|$\)]])
  local query = vim.trim(words:sub(#folder + 1))
  local scope = folder ~= '' and { folder = document.folder_uri(file.absolute(file.unescaped(folder))) }
    or everywhere and {}
    or conversation.document(here)
  local params = vim.tbl_extend('force', scope, { limit = max_hits, query = query ~= '' and query or nil })
  local found = conversation.answer(query == '' and 'conversation/list' or 'conversation/search', params)
  if not found then
    return
  end
  local hits = found.hits or found.conversations
  if #hits == 0 then
    local place = folder ~= '' and folder or document.name(here.source)
    local where = (' about %s; :AsideSearch! looks everywhere'):format(place)
    message.complain('nothing is found' .. (next(scope) and where or ''))
    return
  end
  -- A hit's conversation may be shared with another file: show it with this one.
  local own = scope.textDocument and here.uri
  fn.setqflist({}, ' ', {
    title = (':AsideSearch%s %s'):format(everywhere and '!' or '', words),
    items = vim.tbl_map(function(hit)
      return entry(hit, own)
    end, hits),
  })
  local height = math.min(#hits, math.floor(vim.o.lines / 4), 10)
  vim.cmd(('%s copen %d'):format(mods ~= '' and mods or 'botright', height))
end

--- Completes a folder as the first word.
function M.complete(lead, line, cursor)
  local first = fn.match(line:sub(1, cursor), [[^\A*\a\+!\=\s\+\%(\\.\|\S\)*$]]) >= 0
  return first and file.complete(lead, '/$') or {}
end

--- Shows the file in the window of the jump, and its conversation in the page. Puts the cursor on the hit's turn in the
--- page.
local function show(hit)
  local window = fn.win_findbuf(hit)[1]
  if not window then -- keys that were typed ahead have left the hit already
    return
  end
  local uri, id, turn, reply = api.nvim_buf_get_name(hit):match('//(.*)/([^/]*)/([^/]*)/([^/]*)$')
  local source = document.buffer(uri)
  local here = page.make(conversation.of(document.make(uri)))
  fn.win_gotoid(window)
  local before = vim.w.aside_before
  if before and api.nvim_buf_is_valid(before) and vim.bo[before].buftype ~= 'quickfix' then
    vim.cmd(('silent keepalt buffer %d'):format(before))
  end
  if source > 0 then
    keys.enter(source)
  elseif api.nvim_get_current_buf() == hit then
    vim.cmd(('silent buffer %d'):format(here.page))
  end
  page.show(here, '')
  fn.win_gotoid(fn.bufwinid(here.page))
  conversation.synchronise(here)
  local opened = conversation.answer('conversation/open', conversation.document(here, { conversation = id }))
  if opened and reply ~= '' then
    local shown = false
    for _, list in ipairs({ opened.turns, opened.sides or {} }) do
      for _, row in ipairs(list) do
        shown = shown or row.turn == turn
      end
    end
    if not shown then
      conversation.answer('conversation/select', { conversation = id, turn = reply, onward = true })
    end
  end
  conversation.refresh(here)
  daemon.await(function()
    return not here.fetching
  end)
  if opened and (turn == '' or page.go_to(here, turn)) then -- otherwise an error message was shown
    local list = fn.getqflist({ idx = 0, size = 0 })
    message.inform(('(%d of %d) %s'):format(list.idx, list.size, here.title))
  end
end

--- Called while Neovim jumps to a hit: shows the hit right after the jump.
function M.read(hit)
  local options = vim.bo[hit]
  options.bufhidden, options.swapfile, options.buflisted, options.modifiable = 'unload', false, false, false
  if not fn.bufname('#'):find('^aside%-hit:') then -- otherwise the previous jump was not finished
    vim.w.aside_before = fn.bufnr('#')
  end
  api.nvim_create_autocmd('SafeState', {
    once = true,
    nested = true,
    callback = function()
      show(hit)
    end,
  })
end

return M
