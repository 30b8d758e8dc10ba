-- Applies the code blocks of a reply to files: asks the daemon where the blocks belong, and opens the review. If several
-- files change, the quickfix window lists the changes; each entry has a buffer of its own, as in search.lua.
local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local message = require('aside.message')
local page = require('aside.page')
local prompt = require('aside.prompt')
local review = require('aside.review')

local api, fn = vim.api, vim.fn
local M = {}

local way_out = ':Aside /blocks'
local attempts = 3 -- more than one, since the user may type while the daemon finds the places

-- The blocks in the quickfix list, by the name of the entry's buffer. Each has `here` (its conversation), `turn` and
-- `block`.
local listed = {}

-- Gives the daemon the present text of all shared documents, and asks it for the proposals of a reply. `which` names
-- the reply and perhaps one of its blocks. Calls `next_step` with the proposals.
local function place(here, which, next_step)
  conversation.synchronise(here)
  for _, uri in ipairs(here.shared) do
    document.synchronise_shared(uri)
  end
  local params = vim.tbl_extend('force', which, { conversation = here.id })
  conversation.request('conversation/edits', params, function(result)
    next_step(result.proposals)
  end)
end

-- The proposals that change a file.
local function changing(proposals)
  return vim.tbl_filter(function(proposal)
    return proposal.state ~= 'unplaced' and #proposal.edits > 0
  end, proposals)
end

local function is_placed(proposal)
  return proposal.state ~= 'unplaced'
end

local function is_unplaced(proposal)
  return proposal.state == 'unplaced'
end

-- Says why a block could not be placed, and what to do. If the text is too long for one line, a window at the cursor
-- shows it, too, until the cursor moves.
local function say_not_placed(reason)
  local text = ('%s (%s)'):format(reason, way_out)
  message.complain(text)
  if api.nvim_get_mode().mode == 'n' and fn.strdisplaywidth(text) + 7 > vim.v.echospace then
    vim.lsp.util.open_floating_preview(
      { fn.strtrans(reason), '', way_out .. ' asks for the change in a form that fits.' }, '',
      { border = 'single', title = ' Not placed ', max_width = math.min(72, vim.o.columns - 6), focusable = false })
  end
end

local show

-- Opens the review of all changes to a document. If the changes are for an older text than the buffer's, requests them
-- again, at most `again` times.
local function open_review(here, turn, uri, changes, again)
  local buffer = uri == here.uri and api.nvim_buf_is_valid(here.source) and here.source or document.buffer(uri)
  local name = changes[1].name
  if buffer == 0 then
    message.complain(name .. ' is no longer there')
    return
  elseif not api.nvim_buf_is_loaded(buffer) then
    fn.bufload(buffer)
    vim.bo[buffer].buflisted = true
  end
  if document.has_other_lines(buffer) then
    message.complain(name .. ' has carriage returns inside of its lines: change it by hand')
  elseif changes[1].textDocument.version == api.nvim_buf_get_changedtick(buffer) then
    local edits = {}
    for _, change in ipairs(changes) do
      vim.list_extend(edits, change.edits)
    end
    table.sort(edits, function(a, b)
      return a.range.start.line < b.range.start.line
    end)
    review.open(here, buffer, edits)
  elseif again > 0 then
    document.synchronise(buffer)
    place(here, { turn = turn, block = #changes == 1 and changes[1].block or nil }, function(proposals)
      local now = vim.tbl_filter(function(proposal)
        return proposal.textDocument.uri == uri
      end, changing(proposals))
      if #now > 0 then
        open_review(here, turn, uri, now, again - 1)
      else
        local refused = vim.tbl_filter(function(proposal)
          return proposal.reason
        end, proposals)
        show(here, turn, #refused > 0 and refused or proposals)
      end
    end)
  else
    message.complain(name .. ' changes too fast: try :AsideApply again')
  end
end

-- The entry of a block in the quickfix list. The entry of a placed block opens its review; the entry of a block that
-- could not be placed leads to the block in the page.
local function entry(here, turn, proposal, reply)
  if is_unplaced(proposal) then
    return { bufnr = here.page, lnum = (reply and reply.startLine or 0) + proposal.startLine + 1, valid = true,
      text = ('not placed: %s (%s)'):format(proposal.reason, way_out) }
  end
  local name = ('aside-change://%s/%s/%s'):format(here.id, turn, proposal.block)
  listed[name] = { here = here, turn = turn, block = proposal.block }
  local count = #proposal.edits
  local what = count == 0 and 'has this text already' or ('%d change%s'):format(count, count == 1 and '' or 's')
  local how = ({ conflict = ', in lines that you have changed, too', merged = ', merged with your changes' })[proposal.state] or ''
  return { bufnr = fn.bufadd(name), module = proposal.name, valid = true, text = what .. how }
end

-- Lists the blocks of a reply in the quickfix window.
local function list(here, turn, proposals)
  local reply = page.text_of(here, turn)
  local rows = #proposals + #vim.tbl_filter(is_unplaced, proposals)
  fn.setqflist({}, ' ', { title = ':AsideApply', items = vim.tbl_map(function(proposal)
    return entry(here, turn, proposal, reply)
  end, proposals) })
  vim.cmd(('botright copen %d'):format(math.min(rows, math.floor(vim.o.lines / 4), 10)))
end

function show(here, turn, proposals)
  local placed, unplaced = vim.tbl_filter(is_placed, proposals), vim.tbl_filter(is_unplaced, proposals)
  local changes = changing(proposals)
  local uris = {}
  for _, change in ipairs(changes) do
    uris[change.textDocument.uri] = true
  end
  if #proposals == 0 then
    message.complain('there is no code block in this reply')
  elseif #placed == 0 then
    say_not_placed(unplaced[1].reason)
  elseif #changes == 0 then
    message.inform(placed[1].name .. ' has this text already')
  elseif vim.tbl_count(uris) == 1 and #unplaced == 0 then
    open_review(here, turn, next(uris), changes, attempts)
  else
    list(here, turn, proposals)
  end
end

-- :AsideApply. In the page, applies the block under the cursor or, if there is none, all blocks of the reply. Elsewhere,
-- applies all blocks of the last reply.
function M.apply()
  if not daemon.start() or not daemon.can('edits') then
    return
  end
  local buffer = api.nvim_get_current_buf()
  local here = page.make(conversation.of(buffer))
  local at = buffer == here.page and fn.line('.') or 0
  conversation.with(here)
  daemon.await(function()
    return here.id ~= '' and not here.fetching
  end)
  local reply = page.reply(here, at)
  if not reply then
    message.complain('there is no reply yet')
    return
  end
  place(here, { turn = reply.turn }, function(proposals)
    local line = at - 1 - reply.startLine
    for _, proposal in ipairs(at > 0 and proposals or {}) do
      if proposal.startLine <= line and line < proposal.endLine then
        place(here, { turn = reply.turn, block = proposal.block }, function(alone)
          show(here, reply.turn, alone)
        end)
        return
      end
    end
    show(here, reply.turn, proposals)
  end)
end

-- Whether a review may be opened now: the user is in Normal mode, in the file, in a window of its conversation or in an
-- unchanged proposal; no prompt is shown; and no key is pending.
local function is_free(here)
  local buffer = api.nvim_get_current_buf()
  return api.nvim_get_mode().mode == 'n' and fn.state('moas') == '' and fn.getchar(1) == 0 and fn.getcmdwintype() == ''
    and not prompt.shown() and (vim.list_contains({ here.source, here.page, here.btw }, buffer)
      or review.is_proposal(buffer) and not vim.bo[buffer].modified)
end

-- Called when the reply to a rewrite has ended. Opens the review or, if the user is busy, says how to open it.
function M.ready(here, reply)
  if reply.status ~= 'complete' then
    return -- the page says why it isn't complete
  end
  place(here, { turn = reply.turn }, function(proposals)
    if #vim.tbl_filter(is_placed, proposals) == 0 or is_free(here) then
      show(here, reply.turn, proposals)
      return
    end
    local function say()
      message.inform(('the new text for %s is ready: :AsideApply shows it'):format(document.name(here.source)))
    end
    here.note = 'the new text is ready: :AsideApply'
    conversation.show_status()
    say()
    if api.nvim_get_mode().mode:find('^[iR]') then
      -- In Insert mode the next change on the screen covers the message, so it is shown again when Insert mode ends.
      api.nvim_create_autocmd('InsertLeave', { once = true, callback = vim.schedule_wrap(say) })
    end
  end)
end

-- Called when the reply to :AsideRetry has ended. If the question asked for a rewrite, does the same as ready().
function M.ready_again(here, reply)
  daemon.request('conversation/get', { conversation = reply.conversation, limit = 1 }, function(answer)
    local turns = answer.result and answer.result.turns or {}
    if #turns == 2 and turns[2].turn == reply.turn and turns[1].rewrite then
      M.ready(here, reply)
    end
  end)
end

-- Opens the review of an entry, right after the jump to it.
local function visit(buffer)
  local window = fn.win_findbuf(buffer)[1]
  if not window then -- keys that were typed ahead have left the buffer already
    return
  end
  local entry_ = listed[api.nvim_buf_get_name(buffer)]
  fn.win_gotoid(window)
  local before = vim.w.aside_before
  if vim.w.aside_review then -- this window belongs to the previous review, whose proposal is gone
    local origin = vim.w.aside_origin
    review.leave(vim.w.aside_review)
    vim.cmd('silent close')
    fn.win_gotoid(origin)
  elseif before and api.nvim_buf_is_valid(before) and before ~= buffer then
    vim.cmd(('silent keepalt buffer %d'):format(before))
  else
    vim.cmd('silent enew')
  end
  if entry_ and daemon.start() then
    conversation.with(entry_.here, function(here)
      place(here, { turn = entry_.turn, block = entry_.block }, function(proposals)
        show(here, entry_.turn, proposals)
      end)
    end)
  end
end

-- Called while Neovim jumps to an entry of the list.
function M.read(buffer)
  local options = vim.bo[buffer]
  options.bufhidden, options.swapfile, options.buflisted, options.modifiable = 'unload', false, false, false
  if not fn.bufname('#'):find('^aside%-change:') then
    vim.w.aside_before = fn.bufnr('#')
  end
  api.nvim_create_autocmd('SafeState', { once = true, nested = true, callback = function()
    visit(buffer)
  end })
end

return M
