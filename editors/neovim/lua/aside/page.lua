-- The page of a conversation: a buffer `aside://…` and the windows that show it. Text and sections come from the daemon. Nothing
-- in a reply is ever run: no modelines, no commands made of its text. conversation.lua fills the page; commands ask what is
-- under the cursor.

local code = require('aside.code')
local document = require('aside.document')

local M = {}

local api = vim.api

local far = 200 -- two changes that are more lines apart than this are drawn separately
local shortest_title = 16

--- Returns the conversation of a buffer. conversation.lua is required at the first call and not above, since it
--- requires this module.
local function conversation_of(buffer)
  return require('aside.conversation').known(buffer)
end

--- Sets options of a buffer.
function M.set_options(buffer, options)
  for name, value in pairs(options) do
    vim.bo[buffer][name] = value
  end
end

--- Makes a buffer that never reads a file. Because of its name, another plugin might read it as a file of its own kind, such as
--- a *.zip, so no autocommand runs. `nvim -R` sets 'readonly' when a buffer is loaded.
function M.load(buffer)
  local eventignore = vim.o.eventignore
  vim.o.eventignore = 'all'
  vim.fn.bufload(buffer)
  vim.o.eventignore = eventignore
end

--- Makes the page of a conversation, unless it exists. An empty buffer that a session has restored is made into the page.
function M.make(here)
  local buffer = vim.fn.bufadd(here.name)
  if not api.nvim_buf_is_loaded(buffer) or conversation_of(buffer) ~= here then
    here.page, here.id, here.sections, here.folds, here.closed = buffer, '', {}, {}, {}
    M.set_options(buffer, { buftype = 'nofile', bufhidden = 'hide', swapfile = false, modeline = false, undolevels = -1 })
    require('aside.conversation').own(buffer, here)
    M.load(buffer)
    vim.bo[buffer].readonly = false
    vim.bo[buffer].buftype = 'nowrite' -- not nofile: of a nofile buffer, :mksession stores only the name
    vim.bo[buffer].filetype = 'aside'
    vim.bo[buffer].modifiable = false
  end
  return here
end

--- Opens a buffer in a new window, even if 'switchbuf' says otherwise. `mods` are the words before a command.
function M.split(mods, buffer)
  local switchbuf = vim.o.switchbuf
  vim.o.switchbuf = ''
  local ok, failure = pcall(vim.cmd, ('silent %s sbuffer %d'):format(mods, buffer))
  vim.o.switchbuf = switchbuf
  if not ok then
    error(failure, 0)
  end
end

--- Shows a page and leaves the cursor where it is. Without modifiers, the page replaces another page that is shown in this tab
--- page.
function M.show(here, mods)
  local other
  for _, window in ipairs(api.nvim_tabpage_list_wins(0)) do
    local buffer = api.nvim_win_get_buf(window)
    if buffer == here.page then
      return
    elseif vim.bo[buffer].filetype == 'aside' then
      other = other or window
    end
  end
  if mods == '' and other then
    M.show_in(other, here.page)
  else
    local window = api.nvim_get_current_win()
    local usual = api.nvim_win_get_width(0) >= 120 and 'vertical rightbelow' or 'rightbelow'
    M.split(mods ~= '' and mods or vim.g.aside_window or usual, here.page)
    api.nvim_set_current_win(window)
  end
  M.to_end(vim.fn.win_findbuf(here.page))
end

--- Shows a buffer in a window, as :buffer does.
function M.show_in(window, buffer)
  api.nvim_win_call(window, function()
    vim.cmd.buffer({ buffer, mods = { silent = true } })
  end)
end

--- Shows the page of this conversation in the windows of an old page, and wipes out the old page.
function M.replace(old, here)
  M.make(here)
  for _, window in ipairs(vim.fn.win_findbuf(old)) do
    M.show_in(window, here.page)
  end
  if api.nvim_buf_is_valid(old) then
    api.nvim_buf_delete(old, { force = true })
  end
end

--- Closes a page's or prompt's window; if it is the only window, it shows the source instead, or an empty buffer if that is
--- gone.
function M.leave(window)
  window = window or api.nvim_get_current_win()
  if vim.fn.winnr('$') > 1 or vim.fn.tabpagenr('$') > 1 then
    vim.cmd.close({ range = { vim.fn.win_id2win(window) } })
  else
    local source = conversation_of(api.nvim_win_get_buf(window)).source
    if api.nvim_buf_is_valid(source) then
      pcall(M.show_in, window, source)
    else
      vim.cmd.enew()
    end
  end
end

--- The number of the last line that isn't empty.
local function last_line(buffer)
  local count = api.nvim_buf_line_count(buffer)
  while count > 1 and api.nvim_buf_get_lines(buffer, count - 1, count, false)[1] == '' do
    count = count - 1
  end
  return count
end

--- Returns about how many rows of the screen these lines take.
local function rows(window, first, last)
  if last - first > api.nvim_win_get_height(window) then
    return last - first
  end
  local sum, width = 0, api.nvim_win_get_width(window)
  for _, line in ipairs(api.nvim_buf_get_lines(api.nvim_win_get_buf(window), first - 1, last, false)) do
    sum = sum + 1 + math.floor(vim.fn.strdisplaywidth(line) / width)
  end
  return sum
end

--- Puts the cursor of a window on a line, and the line to the top ("t") or bottom ("b") of the window.
local function place(window, line, where)
  api.nvim_win_set_cursor(window, { line, 0 })
  api.nvim_win_call(window, function()
    vim.cmd.normal({ 'z' .. where, bang = true })
  end)
end

--- Scrolls these windows to the end of the text. If the last line is too high for a window, the beginning of that line is shown.
--- A page without a question says what to do, and is shown from its top.
function M.to_end(windows)
  for _, window in ipairs(windows) do
    local buffer = api.nvim_win_get_buf(window)
    local here = conversation_of(buffer)
    if here and #here.sections == 0 then
      place(window, 1, 't')
    elseif here then
      local last = last_line(buffer)
      local line = api.nvim_buf_get_lines(buffer, last - 1, last, false)[1]
      local width, height = api.nvim_win_get_width(window), api.nvim_win_get_height(window)
      local room = width * (height - 1)
      -- The length is compared first, since measuring the width of a long line takes long.
      local fits = #line < 6 * room and vim.fn.strdisplaywidth(line) < room
      if not fits then
        vim.wo[window][0].linebreak = false -- with it, a line of 190 kB takes long to draw each time
        vim.wo[window][0].breakindent = false
      end
      place(window, last, fits and 'b' or 't')
      local top = vim.fn.line('w0', window)
      if fits and top > 1 and here.state == '' and rows(window, top, last) <= math.floor(height / 2) then
        -- The line above is too high to be shown together with the last lines. The reply has ended, so the window shows that
        -- line from its beginning, for the user to read.
        place(window, top - 1, 't')
      end
    end
  end
end

local function windows_at_end(buffer)
  local last = last_line(buffer)
  return vim.tbl_filter(function(window)
    return api.nvim_win_get_cursor(window)[1] >= last
  end, vim.fn.win_findbuf(buffer))
end

--- Changes a page, and scrolls the windows in `following` to its end.
local function edit(buffer, following, change)
  vim.bo[buffer].modifiable = true
  change()
  vim.bo[buffer].modifiable = false
  M.to_end(following)
end

--- Returns the text of a page without a question. It says what to do; the most important lines come first, since the window may
--- be low.
local function welcome(here)
  local lines = {}
  local problem = here.problem
  if problem then
    local key = ':AsideKey sets a key; make one at https://platform.claude.com/settings/keys'
    local hint = problem.hint or problem.message
    vim.list_extend(
      lines,
      problem.message:find('no key', 1, true) and { 'Nothing can be asked yet.', key, 'Or: ' .. hint, '' }
        or { 'Nothing can be asked yet: ' .. hint, key, '' }
    )
  end
  local name = api.nvim_buf_is_valid(here.source) and document.name(here.source) or vim.fs.basename(here.name)
  return vim.list_extend(lines, {
    ('Nothing has been asked about %s yet.'):format(vim.fn.strtrans(name)),
    '',
    ':%Aside {question}  asks about the whole file',
    ':10,20Aside         asks about these lines',
    ':Aside              writes a question; CTRL-A adds the file',
    ':help aside-start   says more; in this window g? shows its keys',
  })
end

--- Returns the value of 'foldexpr' for each line in a fold, and the text of each closed fold by its first line. There are no folds
--- from a daemon of an earlier version.
local function fold_lines(transcript)
  local folds, closed = {}, {}
  for _, fold in ipairs(transcript.folds or {}) do
    for line = fold.startLine + 1, fold.endLine do
      folds[line] = '1'
    end
    folds[fold.startLine + 1], closed[fold.startLine + 1] = '>1', fold.text
  end
  return folds, closed
end

--- Inserts new side questions above the text that follows them, so that the views of that text stay.
local function insert_sides(here, sections, folds, lines)
  local known = {}
  for _, section in ipairs(here.sections) do
    known[section.turn] = true
  end
  local first -- the line in which the new side questions begin
  for _, section in ipairs(sections) do
    if section.side and not known[section.turn] then
      first = first or section.startLine
    elseif first then
      here.folds = folds
      edit(here.page, {}, function()
        api.nvim_buf_set_lines(here.page, first, first, false, vim.list_slice(lines, first + 1, section.startLine))
      end)
      first = nil
    end
  end
end

--- Whether two sections are the same, apart from their ends.
local function same_begin(one, other)
  one, other = vim.tbl_extend('force', one, { endLine = 0 }), vim.tbl_extend('force', other, { endLine = 0 })
  return vim.deep_equal(one, other)
end

--- Sets the folded lines again when Insert mode ends. In Insert mode Neovim makes no folds for lines that are set, not
--- even in other windows.
local function fold_after_insert(here)
  if vim.fn.mode():find('^[iR]') and not here.folds_wait then
    here.folds_wait = true
    api.nvim_create_autocmd('InsertLeave', {
      once = true,
      callback = vim.schedule_wrap(function()
        here.folds_wait = false
        if here.page > 0 and api.nvim_buf_is_loaded(here.page) then
          edit(here.page, windows_at_end(here.page), function()
            for i in pairs(here.folds) do
              local line = api.nvim_buf_get_lines(here.page, i - 1, i, false)
              api.nvim_buf_set_lines(here.page, i - 1, i, false, line)
            end
          end)
        end
      end),
    })
  end
end

--- Makes the page equal to a transcript. Only lines that differ are set, so that views and open folds stay and Neovim has little
--- to redraw.
function M.show_transcript(here, transcript)
  local buffer = here.page
  local lines = #transcript.sections == 0 and welcome(here) or vim.split(transcript.text, '\n', { plain = true })
  local folds, closed = fold_lines(transcript)
  insert_sides(here, transcript.sections, folds, lines)
  local last = math.min(api.nvim_buf_line_count(buffer), #lines)
  local final, same = here.sections[#here.sections], transcript.sections[#here.sections]
  -- If the last section has only grown, by text that append() has added, its lines need no comparison; with a long reply, they
  -- are nearly all of the page.
  local grown = final and same and same_begin(final, same)
  local changed = {}
  for i, line in ipairs(api.nvim_buf_get_lines(buffer, 0, grown and final.startLine or last - 1, false)) do
    if line ~= lines[i] then
      table.insert(changed, i)
    end
  end
  for i in pairs(vim.tbl_extend('force', here.folds, folds)) do
    if i < last and folds[i] ~= here.folds[i] then
      table.insert(changed, i) -- set the line again, so that Neovim asks for its fold
    end
  end
  local following = #here.sections == 0 and vim.fn.win_findbuf(buffer) or windows_at_end(buffer)
  here.sections, here.folds, here.closed = transcript.sections, folds, closed
  fold_after_insert(here)
  local rest = vim.list_slice(lines, last)
  edit(buffer, following, function()
    for _, i in ipairs(changed) do
      api.nvim_buf_set_lines(buffer, i - 1, i, false, { lines[i] })
    end
    if changed[1] and last - changed[1] > far and not vim.fn.mode():find('^[cr]') then
      -- Between two redraws Neovim keeps one range of changed lines, and draws all of that range again. If a heading and the
      -- end of its reply have changed, that range is the whole reply; the redraw here avoids this.
      vim.cmd.redraw()
    end
    -- The last line that stays is set alone: together with new lines, Neovim would move a fold that ends there.
    api.nvim_buf_set_lines(buffer, last - 1, last, false, { rest[1] })
    api.nvim_buf_set_lines(buffer, last, -1, false, vim.list_slice(rest, 2))
  end)
  for _, i in ipairs(changed) do
    table.insert(rest, lines[i])
  end
  code.colour(buffer, rest)
end

--- Appends text and returns the length of the last line; later text is appended to that line.
function M.append(buffer, text)
  local lines = vim.split(text, '\n', { plain = true })
  local last = api.nvim_buf_line_count(buffer) - 1
  local before = api.nvim_buf_get_lines(buffer, last, last + 1, false)[1]
  edit(buffer, windows_at_end(buffer), function()
    api.nvim_buf_set_text(buffer, last, #before, last, #before, lines)
  end)
  local length = #lines[#lines]
  if #lines == 1 then
    length = length + #before
  end
  lines[1] = before .. lines[1]
  code.colour(buffer, lines)
  return length
end

--- For 'foldexpr'.
function M.foldexpr()
  local here = conversation_of(api.nvim_get_current_buf())
  return here and here.folds[vim.v.lnum] or '0'
end

--- Returns the text of a closed fold. It comes from the daemon, so a reply can't fake it.
function M.foldtext()
  local here = conversation_of(api.nvim_get_current_buf())
  return ('+-- %s '):format(here and here.closed[vim.v.foldstart] or '')
end

--- The section that a line of the page belongs to.
function M.at(here, line)
  local found = { turn = '', startLine = 0 }
  for _, section in ipairs(here.sections) do
    if section.startLine < line then
      found = section
    end
  end
  return found
end

--- Returns the turn under the cursor in the page; if the cursor is elsewhere, the last turn.
function M.turn(here)
  local inside = api.nvim_get_current_buf() == here.page
  return M.at(here, inside and vim.fn.line('.') or math.huge).turn
end

--- Returns the section with a reply's text; if the reply has no text yet, the section of its heading; nil without a reply.
function M.text_of(here, turn)
  local found
  for _, section in ipairs(here.sections) do
    if section.turn == turn and section.kind == 'reply' then
      found = section
    end
  end
  return found
end

--- Returns the section with the text of the reply that a line of the page belongs to. For a line of a question, returns the reply
--- to that question; for line 0, the last reply of the path. Returns nil if there is no such reply.
function M.reply(here, line)
  local at = M.at(here, line)
  local found
  for _, section in ipairs(here.sections) do
    if section.kind == 'reply' then
      if line == 0 then
        found = section.side and found or section
      elseif not found and (section.turn == at.turn or section.startLine > at.startLine) then
        found = section
      end
    end
  end
  return found and M.text_of(here, found.turn)
end

--- Puts the cursor on the heading of a turn; false if the page doesn't have that turn.
function M.go_to(here, turn)
  for _, section in ipairs(here.sections) do
    if section.turn == turn then
      local window = vim.fn.bufwinid(here.page)
      api.nvim_win_set_cursor(window, { section.startLine + 1, 0 })
      api.nvim_win_call(window, function()
        vim.cmd.normal({ 'zvzt', bang = true })
      end)
      return true
    end
  end
  return false
end

--- Returns the title of the page for its status line: the name of the file, and the conversation's title, cut to the room that is
--- left. Even beside a long error message a part of the title is shown.
function M.title()
  local here = conversation_of(api.nvim_get_current_buf())
  if not here then
    return ''
  end
  local file, title = vim.fs.basename(here.name), vim.fn.strtrans(here.title)
  local status = require('aside.conversation').statusline()
  local free = vim.fn.winwidth(0) - vim.fn.strdisplaywidth(file .. status) - 6
  local room = here.note == '' and free or math.max(shortest_title, free)
  if vim.fn.strdisplaywidth(title) > room then
    title = room < shortest_title / 2 and '' or vim.fn.printf(('%%.%dS...'):format(room - 3), title)
  end
  return title == '' and file or ('%s · %s'):format(file, title)
end

-- Scrolls pages that were at their end to the end again. When another window takes rows or gives them back, Neovim scrolls a
-- window that isn't the current one so far that little of its text stays visible.
api.nvim_create_autocmd('WinResized', {
  group = api.nvim_create_augroup('aside_page_rows', {}),
  callback = function()
    M.to_end(vim.tbl_filter(function(window)
      local buffer = api.nvim_win_get_buf(window)
      return vim.bo[buffer].filetype == 'aside' and vim.list_contains(windows_at_end(buffer), window)
    end, vim.v.event.windows))
  end,
})

return M
