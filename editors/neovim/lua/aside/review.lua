-- The review of a proposed change: a tab page with the file and the proposal, both in diff mode. The proposal is a
-- buffer that can be edited; writing it makes the file's buffer equal to the proposal, as one change. Nothing is written
-- to the disk. This module compares and places nothing: the edits come from the daemon, and Neovim shows the differences.
--
-- While a proposal holds both versions of a conflict, there is no diff mode, so that no command can put the marker lines
-- into the file.
local code = require('aside.code')
local conversation = require('aside.conversation')
local document = require('aside.document')
local keys = require('aside.keys')
local message = require('aside.message')
local page = require('aside.page')

local api, fn = vim.api, vim.fn
local M = {}

local marker = [[^\%(<<<<<<< yours\|||||||| shared\|=======\|>>>>>>> proposed\)\r\=$]]
local marker_words = { ['<<<<<<< yours'] = true, ['||||||| shared'] = true, ['======='] = true, ['>>>>>>> proposed'] = true }
local wide = 120 -- with at least this many columns, the file and the proposal are shown side by side
local copied_options = { 'tabstop', 'shiftwidth', 'softtabstop', 'expandtab', 'autoindent', 'textwidth', 'iskeyword' }

local choose = 'choose one of the two versions first, and delete the lines <<<<<<<, |||||||, ======= and >>>>>>>'
local help = {
  ']c [c   next change, previous change',
  'dp      take this change into the file ("do" in the file\'s window)',
  ':w      take the whole proposal into the file',
  ':w!     the same, even if the file has changed since',
  'ZZ :wq  take the whole proposal, and leave',
  ':q      leave',
  "u       in the file's window: undo what was taken",
}

-- The open proposals by buffer: here, the conversation; source, the file's buffer; base, the file's lines for which the
-- proposal was made; edits; tick, the changedtick that the proposal has until it is edited; own, the lines of the file
-- itself that look like marker lines; conflict, whether the proposal holds both versions of a conflict.
local proposals = {}
local reviews = 0 -- how many reviews this Neovim has opened
local group = api.nvim_create_augroup('aside_review', {})

local function lines_of(buffer)
  return api.nvim_buf_get_lines(buffer, 0, -1, false)
end

local function name_of(about)
  return document.name(about.source)
end

local function same(a, b)
  if #a ~= #b then
    return false
  end
  for i = 1, #a do
    if a[i] ~= b[i] then
      return false
    end
  end
  return true
end

-- Returns the marker lines of a text, and how often each occurs.
local function markers(lines)
  local found = {}
  for _, line in ipairs(lines) do
    local word = line:find('^[<|=>]') and line:gsub('\r$', '') or nil
    if marker_words[word] then
      found[word] = (found[word] or 0) + 1
    end
  end
  return found
end

-- Whether the text of a proposal still holds marker lines of a conflict. Lines of the file itself that look like markers
-- don't count.
local function conflicts(buffer)
  for word, count in pairs(markers(lines_of(buffer))) do
    if count > (proposals[buffer].own[word] or 0) then
      return true
    end
  end
  return false
end

local function new_lines(edit)
  local text = edit.newText:gsub('\n$', '')
  return edit.newText == '' and {} or vim.split(text, '\n', { plain = true })
end

-- Returns the text after edits of whole lines. The ranges of all edits refer to the text before the first edit.
local function applied(lines, edits)
  local new, next_line = {}, 0
  for _, edit in ipairs(edits) do
    vim.list_extend(new, lines, next_line + 1, edit.range.start.line)
    vim.list_extend(new, new_lines(edit))
    next_line = edit.range['end'].line
  end
  vim.list_extend(new, lines, next_line + 1)
  return #new > 0 and new or { '' }
end

-- The windows of a review.
local function windows_of(proposal)
  return vim.tbl_filter(function(window)
    return vim.w[window].aside_review == proposal
  end, api.nvim_list_wins())
end

-- Turns diff mode off if the proposal has a conflict, otherwise on.
local function compare(proposal)
  local about = proposals[proposal]
  about.conflict = conflicts(proposal)
  local shown = fn.win_findbuf(proposal)[1]
  for _, window in ipairs(windows_of(proposal)) do
    local own = api.nvim_win_get_buf(window) == proposal
    if not own or window == shown then
      api.nvim_win_call(window, function()
        if about.conflict then
          if own and not vim.w.aside_markers then
            vim.w.aside_markers = fn.matchadd('WarningMsg', marker)
          end
          vim.cmd.diffoff()
        elseif not vim.wo.diff then
          vim.cmd.diffthis()
        end
      end)
    end
  end
end

function M.title()
  local about = proposals[api.nvim_get_current_buf()]
  local name = name_of(about)
  return about.here.state ~= '' and ('Proposal for %s; another reply is being written'):format(name)
    or about.conflict and ('%s: you and Claude changed this. Choose, then :w'):format(name)
    or ('Proposal for %s  ]c next  dp take  :w all  :q leave'):format(name)
end

-- Replaces the lines `old` of a buffer with `new`; `above` is the number of lines before them. Equal lines at the
-- beginning and the end are not touched, so that their marks and signs stay.
local function replace(buffer, above, old, new)
  local both = math.min(#old, #new)
  local first, last = 0, 0 -- how many lines at the beginning and at the end are equal
  while first < both and old[first + 1] == new[first + 1] do
    first = first + 1
  end
  while last < both - first and old[#old - last] == new[#new - last] do
    last = last + 1
  end
  local gone, come = #old - last - first, #new - last - first
  local paired = math.min(gone, come)
  for i = first + 1, first + paired do
    if old[i] ~= new[i] then
      api.nvim_buf_set_lines(buffer, above + i - 1, above + i, true, { new[i] })
    end
  end
  if gone ~= come then
    api.nvim_buf_set_lines(buffer, above + first + paired, above + first + gone, true,
      vim.list_slice(new, first + paired + 1, first + come))
  end
end

-- Makes the file's buffer equal to the proposal. If this isn't possible, tells the user why and returns false.
local function take(in_spite)
  local buffer = api.nvim_get_current_buf()
  local about = proposals[buffer]
  local source, name = about.source, name_of(about)
  if not api.nvim_buf_is_loaded(source) then
    message.complain(('%s is no longer open: show it, and :AsideApply again'):format(name))
    return false
  elseif conflicts(buffer) then
    message.complain(choose)
    return false
  elseif not vim.bo[source].modifiable then
    message.complain(("%s can't be changed: its buffer is 'nomodifiable'"):format(name))
    return false
  end
  local now, new = lines_of(source), lines_of(buffer)
  local unchanged = same(now, about.base)
  if not unchanged and not in_spite then
    message.complain((':w! takes this text anyway (%s has changed since it was proposed)'):format(name))
    return false
  end
  vim.bo[source].undolevels = vim.bo[source].undolevels -- setting this option ends the previous undo step
  if unchanged and api.nvim_buf_get_changedtick(buffer) == about.tick then
    for i = #about.edits, 1, -1 do
      local range = about.edits[i].range
      replace(source, range.start.line, vim.list_slice(now, range.start.line + 1, range['end'].line), new_lines(about.edits[i]))
    end
  else
    replace(source, 0, now, new)
  end
  about.base, about.tick = new, -1
  vim.bo[buffer].modified = false
  vim.cmd.diffupdate()
  message.inform(same(now, new) and name .. ' has this text already'
    or ('the file has the change now; u in %s undoes it'):format(name))
  return true
end

-- :write in the proposal.
local function write(buffer)
  if not take(vim.v.cmdbang == 1) and not vim.bo[buffer].modified then
    -- After BufWriteCmd, :wq closes the window if the buffer is not 'modified'. So the proposal is 'modified' for a
    -- moment.
    vim.bo[buffer].modified = true
    api.nvim_create_autocmd('SafeState', { group = group, once = true, callback = function()
      if api.nvim_buf_is_valid(buffer) then
        vim.bo[buffer].modified = false
      end
    end })
  end
end

-- "dp" in the proposal. The change that "dp" makes in the file becomes part of `base`, so that :w doesn't refuse the
-- rest of the proposal.
local function put()
  local about = proposals[api.nvim_get_current_buf()]
  local unchanged = same(lines_of(about.source), about.base)
  if not vim.wo.diff then
    message.complain(choose)
    return
  end
  local done, error = pcall(vim.cmd.normal, { 'dp', bang = true })
  if not done then
    message.complain((error:gsub('^.-:E%d+: ', '')))
  end
  if unchanged and api.nvim_buf_is_loaded(about.source) then
    about.base = lines_of(about.source)
  end
end

-- Sets the keys and looks of the proposal. 'syntax' is set, for the colours. 'filetype' is not set, since it would start
-- the tools of the language on a text that the user hasn't accepted yet.
local function look(buffer)
  local language = code.language(vim.bo[proposals[buffer].source].filetype)
  if language and vim.g.syntax_on then
    vim.bo[buffer].syntax = language
  end
  keys.keep_inside(buffer)
  for key, action in pairs({
    dp = put,
    ZZ = function()
      if take(false) then
        vim.cmd.quit()
      end
    end,
    ['g?'] = function()
      keys.popup(help)
    end,
  }) do
    vim.keymap.set('n', key, action, { buffer = buffer, nowait = true })
  end
end

-- Closes the windows of a review except the current one. The cursor then goes back to the window from which the review
-- was opened.
function M.leave(proposal)
  local origin = vim.w.aside_origin
  for _, window in ipairs(windows_of(proposal)) do
    if window ~= api.nvim_get_current_win() then
      vim.cmd(('noautocmd call nvim_win_close(%d, v:false)'):format(window))
    end
  end
  api.nvim_create_autocmd('WinEnter', { group = group, once = true, callback = function()
    fn.win_gotoid(origin)
  end })
end

local function clear(proposal, origin)
  local inside = vim.w.aside_review == proposal
  for _, window in ipairs(windows_of(proposal)) do
    pcall(api.nvim_win_close, window, false)
  end
  if inside then
    fn.win_gotoid(origin)
  end
end

-- Closes the other reviews of the same buffer, except those whose proposal was changed.
local function close_others(source, origin)
  for buffer, about in pairs(proposals) do
    if about.source == source and api.nvim_buf_is_loaded(buffer) and not vim.bo[buffer].modified then
      clear(buffer, origin)
    end
  end
end

local function make(here, source, base, edits)
  reviews = reviews + 1
  -- The name must not end as the file's name does: another plugin might take the buffer for a file of its own kind.
  local proposal = fn.bufadd(('aside-proposal://%s/proposal %d'):format(document.path(source), reviews))
  proposals[proposal] = { here = here, source = source, base = base, edits = edits, own = markers(base), conflict = false }
  local options = vim.bo[proposal]
  options.buftype, options.bufhidden, options.swapfile, options.undofile = 'nofile', 'wipe', false, false
  options.modeline, options.undolevels = false, -1
  page.load(proposal)
  options.buftype, options.readonly, options.modifiable, options.buflisted = 'acwrite', false, true, false
  for _, option in ipairs(copied_options) do
    options[option] = vim.bo[source][option]
  end
  conversation.own(proposal, here)
  api.nvim_buf_set_lines(proposal, 0, -1, false, applied(base, edits))
  options.undolevels = vim.go.undolevels
  options.modified = false
  proposals[proposal].tick = api.nvim_buf_get_changedtick(proposal)
  local function on(events, callback)
    api.nvim_create_autocmd(events, { group = group, buffer = proposal, callback = function()
      callback(proposal)
    end })
  end
  on('BufWinEnter', look)
  on('BufWriteCmd', write)
  on({ 'TextChanged', 'InsertLeave' }, compare)
  on('BufWipeout', function()
    proposals[proposal] = nil
  end)
  return proposal
end

-- Opens the review of the daemon's edits to a buffer, and puts the cursor on the first change.
function M.open(here, source, edits)
  local base = lines_of(source)
  local origin = vim.w.aside_origin or api.nvim_get_current_win()
  close_others(source, origin)
  if fn.bufwinid(source) > 0 then
    fn.win_gotoid(fn.bufwinid(source))
  end
  page.split('tab', source)
  if api.nvim_get_current_buf() ~= source then
    return
  end
  local proposal = make(here, source, base, edits)
  local file = api.nvim_get_current_win()
  page.split(vim.o.columns >= wide and 'vertical rightbelow' or 'rightbelow', proposal)
  for _, window in ipairs({ file, api.nvim_get_current_win() }) do
    vim.w[window].aside_review = proposal
    vim.w[window].aside_origin = origin
  end
  vim.wo[0][0].statusline = " %{v:lua.require'aside.review'.title()}%<"
  compare(proposal)
  for _, window in ipairs({ file, api.nvim_get_current_win() }) do
    api.nvim_win_call(window, function()
      fn.cursor(edits[1].range.start.line + 1, 1)
      vim.cmd.normal({ 'zvzz', bang = true })
    end)
  end
end

-- Called when a session restores the name of a proposal: the proposal is gone.
function M.read(buffer)
  page.set_options(buffer, { buftype = 'nofile', bufhidden = 'wipe' })
end

-- Whether a buffer is a proposal.
function M.is_proposal(buffer)
  return proposals[buffer] ~= nil
end

-- Before :quit closes a window of a review: if this is the file's window and the proposal wasn't changed, the proposal's
-- window is closed, too.
api.nvim_create_autocmd('QuitPre', { group = group, callback = function()
  local proposal = vim.w.aside_review
  if proposal and api.nvim_get_current_buf() ~= proposal and api.nvim_buf_is_valid(proposal) and not vim.bo[proposal].modified then
    M.leave(proposal)
  end
end })

-- When the proposal's window is closed, the other windows of the review are closed, too. This is done when Neovim is idle,
-- because Neovim refuses to close windows in WinClosed and in the WinEnter that follows. But if the cursor was in the
-- proposal's window, it goes to the window from which the review was opened before another key is handled.
api.nvim_create_autocmd('WinClosed', { group = group, callback = function(event)
  local window = tonumber(event.match)
  local valid = api.nvim_win_is_valid(window)
  local proposal = valid and vim.w[window].aside_review
  if not proposal or api.nvim_win_get_buf(window) ~= proposal then
    return
  end
  local origin = vim.w[window].aside_origin
  if window == api.nvim_get_current_win() then
    api.nvim_create_autocmd('WinEnter', { group = group, once = true, callback = function()
      fn.win_gotoid(origin)
    end })
  end
  api.nvim_create_autocmd('SafeState', { group = group, once = true, callback = function()
    clear(proposal, origin)
  end })
end })

return M
