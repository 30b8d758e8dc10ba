-- The prompt: each page has one prompt, a buffer for a question of any length. The attachments of the next question are listed
-- above the question; all prompts have the same list. A listed line is recognised by its extmark, never by its words, so it never
-- becomes a part of the question, even if the user edits the line. Deleting the line removes the attachment, and u brings the
-- attachment back. The daemon's remarks are shown after the line as virtual text, which is not part of the buffer.

local attachment = require('aside.attachment')
local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local message = require('aside.message')
local page = require('aside.page')
local suggestion = require('aside.suggestion')

local M = {}

local api = vim.api

local listed_lines = api.nvim_create_namespace('aside_staged')
local remarks = api.nvim_create_namespace('aside_remarks')
local height = 7

-- All attachments that were ever listed, since u may bring one back. Each is an entry {label, attachment} with the daemon's
-- `remark` and its highlight group. The index of a row is also the id of its extmark in each prompt.
local attachments = {}
local staged = {} -- the indexes in `attachments` of those that will be sent with the next question
-- The conversation whose prompt open_next() opens, and the window and buffer in which open_next() was called.
local next_prompt

for name, link in pairs({ asideStaged = 'Comment', asideAsks = 'WarningMsg', asideRefused = 'ErrorMsg' }) do
  api.nvim_set_hl(0, name, { default = true, link = link })
end

local function lines_of(buffer)
  return api.nvim_buf_get_lines(buffer, 0, -1, false)
end

--- All loaded prompts.
local function prompts()
  return vim.tbl_filter(function(buffer)
    return api.nvim_buf_is_loaded(buffer) and vim.bo[buffer].filetype == 'asideprompt'
  end, api.nvim_list_bufs())
end

--- The windows of this tab page that show a prompt.
local function windows()
  return vim.tbl_filter(function(window)
    return vim.bo[api.nvim_win_get_buf(window)].filetype == 'asideprompt'
  end, api.nvim_tabpage_list_wins(0))
end

--- The extmarks of the listed lines of a prompt, in the order of their lines, as { id, row, column, end_row, end_column }.
local function listed(buffer)
  local found = {}
  for _, mark in ipairs(api.nvim_buf_get_extmarks(buffer, listed_lines, 0, -1, { details = true })) do
    local details = mark[4]
    if not details.invalid then
      table.insert(found, { mark[1], mark[2], mark[3], details.end_row, details.end_col })
    end
  end
  return found
end

local function ids(marks)
  return vim.tbl_map(function(mark)
    return mark[1]
  end, marks)
end

--- Returns the question in a prompt: the text without the listed lines.
function M.question(buffer)
  local marks = listed(buffer)
  local question = {}
  for i, line in ipairs(lines_of(buffer)) do
    local row, own, is_listed = i - 1, line, false
    for at = #marks, 1, -1 do
      local _, first, from, last, to = unpack(marks[at])
      if first <= row and row <= last then
        is_listed = true
        own = (row == first and own:sub(1, from) or '') .. (row == last and own:sub(to + 1) or '')
      end
    end
    if not is_listed or own:find('%S') then
      table.insert(question, own)
    end
  end
  return table.concat(question, '\n')
end

--- The unsent question in the prompt of a conversation; empty if there is none.
function M.draft(here)
  return api.nvim_buf_is_loaded(here.prompt) and vim.trim(M.question(here.prompt)) or ''
end

--- The numbers of the lines that are to be rewritten, as text for people.
local function rewritten_lines(rewrite)
  local first, last = rewrite.range.start.line + 1, rewrite.range['end'].line
  return first == last and ('line %d'):format(first) or ('lines %d-%d'):format(first, last)
end

--- Returns a text that says what the question asks to rewrite, which updates will be sent with the question, or that nothing is
--- attached.
local function along_line(here)
  local texts = here.texts
  local name = vim.fn.strtrans(vim.fs.basename(here.name))
  if here.edited.rewrite then
    return ('This asks for the new text of %s of %s'):format(rewritten_lines(here.edited.rewrite), name)
  elseif texts.updates then
    return ('Changes that will be sent: %s; :w! leaves them out'):format(vim.fn.strtrans(texts.updates))
  elseif #staged > 0 then
    return ''
  end
  local has_file = vim.iter(here.known):any(function(row)
    return row.uri == here.uri and not row.range
  end)
  local what = texts.known and 'Claude has ' .. vim.fn.strtrans(texts.known)
    or #here.shared > 0 and 'Nothing new is attached'
    or 'No code is attached'
  return what .. (has_file and '' or '; CTRL-A adds ' .. name)
end

--- Returns the lines above the question. The first says what the question would cost, and what along_line() says if
--- there is room; the last line suggests what may be added.
local function lines_above(buffer, here)
  local width = 0
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    width = math.max(width, api.nvim_win_get_width(window))
  end
  width = width > 0 and width or vim.o.columns
  local function filled(texts)
    return vim.tbl_filter(function(text)
      return text ~= ''
    end, texts)
  end
  local parts = filled({ here.texts.next or '', along_line(here) })
  local line = table.concat(parts, ' · ')
  local lines = vim.fn.strcharlen(line) > width and parts or { line }
  return filled(vim.list_extend(lines, { suggestion.line(here, width) }))
end

--- Shows the lines above the question, and the remarks about the listed lines.
local function show_remarks(buffer)
  api.nvim_buf_clear_namespace(buffer, remarks, 0, -1)
  local above = vim.tbl_map(function(line)
    return { { line, 'asideStaged' } }
  end, lines_above(buffer, conversation.of(buffer)))
  api.nvim_buf_set_extmark(buffer, remarks, 0, 0, { virt_lines = above, virt_lines_above = true, right_gravity = false })
  for _, window in ipairs(vim.fn.win_findbuf(buffer)) do
    if vim.fn.line('w0', window) == 1 then
      -- Neovim shows lines above the first one only when they are scrolled to.
      api.nvim_win_call(window, function()
        vim.fn.winrestview({ topline = 1, topfill = #above })
      end)
    end
  end
  for _, mark in ipairs(listed(buffer)) do
    local about = attachments[mark[1]]
    if about.remark ~= '' then
      local text = '  ' .. vim.fn.strtrans(about.remark)
      local column = #api.nvim_buf_get_lines(buffer, mark[2], mark[2] + 1, false)[1]
      api.nvim_buf_set_extmark(buffer, remarks, mark[2], column, {
        virt_text = { { text, about.group } },
        virt_text_pos = 'inline',
      })
    end
  end
end

--- Lists the staged attachments above the question. New attachments are put below the listed ones. Existing lines are not changed,
--- since the user may be typing in one of them.
local function list(buffer)
  local marks = listed(buffer)
  local present = ids(marks)
  if not vim.deep_equal(present, staged) then
    local above, new = 0, staged
    if #present > 0 and vim.deep_equal(present, vim.list_slice(staged, 1, #present)) then
      above, new = marks[#marks][2] + 1, vim.list_slice(staged, #present + 1)
    elseif #present > 0 then
      api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(M.question(buffer), '\n', { plain = true }))
    end
    local lines = vim.tbl_map(function(place)
      return '@ ' .. attachments[place].label
    end, new)
    api.nvim_buf_set_lines(buffer, above, above, false, lines)
    for i, place in ipairs(new) do
      local mark = { id = place, end_col = #lines[i], hl_group = 'asideStaged', invalidate = true }
      api.nvim_buf_set_extmark(buffer, listed_lines, above + i - 1, 0, mark)
    end
  end
  show_remarks(buffer)
  vim.bo[buffer].modified = false
end

local function list_all()
  for _, buffer in ipairs(prompts()) do
    list(buffer)
  end
end

--- The attachments of these indexes, for the daemon.
function M.attachments(places)
  return vim.tbl_map(function(place)
    return attachments[place].attachment
  end, places)
end

function M.staged()
  return staged
end

--- The parameters of attachment/check for the question in the prompt.
local function check_params(here)
  return conversation.document(here, { attachments = M.attachments(staged), parent = here.edited.parent })
end

--- Asks the daemon which updates of shared text would be sent with the next question, and what that question would cost.
local function forecast(here)
  for _, uri in ipairs(here.shared) do
    document.synchronise_shared(uri)
  end
  daemon.request('attachment/check', check_params(here), function(answer)
    local result = answer.result or {}
    here.known, here.texts = result.known or {}, result.texts or {}
    local function show()
      if api.nvim_buf_is_loaded(here.prompt) then
        show_remarks(here.prompt)
      end
    end
    show()
    conversation.show_status()
    if api.nvim_buf_is_loaded(here.prompt) then
      suggestion.fetch(here, M.attachments(staged), show)
    end
  end)
end

local function forecast_shown()
  for _, window in ipairs(api.nvim_list_wins()) do
    local buffer = api.nvim_win_get_buf(window)
    if vim.bo[buffer].filetype == 'asideprompt' then
      forecast(conversation.of(buffer))
    end
  end
end

--- Shows the daemon's remark about an attachment. `row` is what attachment/check has returned for the attachment, or
--- nil.
local function set_remark(place, row)
  if not row then
    return
  end
  local about = attachments[place]
  about.group = row.refused and 'asideRefused' or row.reasons and 'asideAsks' or 'asideStaged'
  about.remark = row.remark or ''
  list_all()
  forecast_shown()
end

--- Adds an entry {label, attachment}, unless it is listed already. The daemon checks it, unless `checked` has the result already.
--- Returns how many attachments there are now.
function M.stage(row, checked)
  for _, other in ipairs(M.attachments(staged)) do
    if vim.deep_equal(other, row.attachment) then
      return #staged
    end
  end
  local place = #attachments + 1
  attachments[place] = { label = row.label, attachment = row.attachment, group = 'asideStaged', remark = '' }
  table.insert(staged, place)
  list_all()
  if checked then
    set_remark(place, checked)
  else
    daemon.request('attachment/check', { attachments = { row.attachment } }, function(answer)
      set_remark(place, answer.result and answer.result.attachments[1])
    end)
  end
  return #staged
end

--- Removes all staged attachments from the list and returns them for the request. If the daemon refuses the question, put_back()
--- lists them again.
function M.take_staged()
  local taken = staged
  staged = {}
  list_all()
  return taken
end

function M.put_back(taken)
  staged = vim.list_extend(vim.list_slice(taken), staged)
  list_all()
end

--- Whether a line of the prompt in the current window lists an attachment.
function M.is_listed(line)
  return vim.iter(listed(api.nvim_get_current_buf())):any(function(mark)
    return mark[2] + 1 == line
  end)
end

--- Updates the list after a change of the prompt: the user may have deleted listed lines, brought them back, or named files. The
--- prompt is never 'modified', so that Neovim doesn't ask whether to save it; the prompt keeps its text when its window is closed.
function M.changed()
  local before = staged
  staged = ids(listed(api.nvim_get_current_buf()))
  if not vim.deep_equal(staged, before) then
    forecast_shown()
  end
  require('aside.mention').update()
  list_all()
end

function M.replace(buffer, question)
  api.nvim_buf_set_lines(buffer, 0, -1, false, vim.split(question, '\n', { plain = true }))
  list(buffer)
end

--- Returns the prompt of a conversation, and makes it if necessary.
function M.make(here)
  if not api.nvim_buf_is_valid(here.prompt) then
    here.prompt = vim.fn.bufadd((here.name:gsub('^aside', 'aside-prompt')))
  end
  local buffer = here.prompt
  conversation.own(buffer, here)
  if vim.bo[buffer].filetype ~= 'asideprompt' then
    page.set_options(buffer, {
      buftype = 'nofile', bufhidden = 'hide', swapfile = false, modeline = false, textwidth = 0, wrapmargin = 0,
    }) -- stylua: ignore
    page.load(buffer)
    page.set_options(buffer, { buftype = 'acwrite', readonly = false, modifiable = true })
    vim.bo[buffer].filetype = 'asideprompt'
  end
  return buffer
end

--- Puts the cursor at the end of the prompt, in Insert mode.
function M.write_on()
  api.nvim_win_set_cursor(0, { api.nvim_buf_line_count(0), 0 })
  vim.cmd.startinsert({ bang = true })
end

--- Opens the prompt below the page, or in a window of this tab page that shows another prompt. `quote`, a list of lines, is added at
--- the end of the prompt.
function M.open(here, quote)
  local buffer = M.make(here)
  local inside = vim.bo.filetype == 'asideprompt'
  local from = inside and vim.w.aside_from or api.nvim_get_current_win()
  local window = windows()[1]
  if window then
    api.nvim_set_current_win(window)
  else
    local shown = vim.fn.bufwinid(here.page)
    if shown > 0 then
      api.nvim_set_current_win(shown)
    end
    vim.cmd(('belowright %dsplit'):format(math.min(height, math.floor(api.nvim_win_get_height(0) / 2))))
  end
  vim.cmd.buffer({ buffer, mods = { silent = true } })
  vim.wo.winfixheight = true
  vim.w.aside_from = from
  if #quote > 0 then
    local before = M.question(buffer):gsub('^\n+', ''):gsub('\n+$', '')
    local lines = before == '' and {} or { before, '' }
    vim.list_extend(lines, quote)
    M.replace(buffer, table.concat(lines, '\n') .. '\n\n')
  end
  list(buffer)
  forecast(here)
  M.write_on()
end

--- Puts an asked question and its attachments into the prompt, so that the user can change them.
function M.edit(question)
  M.replace(api.nvim_get_current_buf(), question.text)
  for _, shared in ipairs(question.attachments) do
    local row = attachment.again(shared)
    if row then
      M.stage(row)
    end
  end
  M.write_on()
end

--- Opens the prompt when Neovim waits for a key. Neovim executes the rest of a command line, of a map and of typed keys
--- first, in the current window. If they go to another window or ask a question, no prompt is opened.
function M.open_next(here)
  next_prompt = { window = api.nvim_get_current_win(), buffer = api.nvim_get_current_buf(), here = here }
  -- This uses feedkeys(), since :startinsert in an autocommand takes effect only at the next key.
  api.nvim_create_autocmd('SafeState', {
    once = true,
    callback = function()
      api.nvim_feedkeys(vim.keycode("<Cmd>lua require('aside.prompt').open_now()<CR>"), 'ni', false)
    end,
  })
end

function M.open_now()
  local same = api.nvim_get_current_win() == next_prompt.window and api.nvim_get_current_buf() == next_prompt.buffer
  if same and vim.fn.mode() == 'n' and next_prompt.here.state ~= 'asking' then
    M.open(next_prompt.here, {})
  end
end

--- Whether this tab page has a prompt.
function M.shown()
  return #windows() > 0
end

--- Goes from a file back to the prompt in this tab page, if there is one.
function M.resume()
  local window = windows()[1]
  if window and not vim.bo.filetype:find('^aside') then
    M.open_next(conversation.of(api.nvim_win_get_buf(window)))
  end
end

--- Adds the file that the question is about.
function M.add_file()
  local source = conversation.of().source
  local path = document.path(source)
  if api.nvim_buf_is_loaded(source) then
    M.stage(attachment.lines(source, 1, api.nvim_buf_line_count(source)))
  elseif vim.fn.filereadable(path) == 1 then
    M.stage(attachment.file(path))
  else
    message.complain('the file is no longer there')
  end
end

--- Returns what the listed attachments cost (the text `brief`), as the end of a sentence; '' if the price is very low.
function M.price(here)
  local result = conversation.answer('attachment/check', check_params(here))
  local brief = result and result.texts and result.texts.brief
  return brief and ': ' .. brief or ''
end

--- Called before a prompt's window is closed. The text in the prompt becomes an ordinary question again (no rewrite, no
--- side question). If the prompt's window is the current window, the cursor goes back to the window from which the
--- prompt was opened. This happens at WinEnter, since typed keys would not wait for a timer.
function M.before_close(buffer, window)
  conversation.of(buffer).edited = {}
  if api.nvim_get_current_win() == window then
    local from = vim.w.aside_from
    api.nvim_create_autocmd('WinEnter', {
      once = true,
      callback = function()
        if from and api.nvim_win_is_valid(from) then
          api.nvim_set_current_win(from)
        end
      end,
    })
  end
end

--- For the prompt's status line.
function M.title()
  local here = conversation.of()
  local edited, name = here.edited, vim.fs.basename(here.name)
  local ask = edited.rewrite and ('Say how to rewrite %s of %s'):format(rewritten_lines(edited.rewrite), name)
    or edited.side and 'Ask by the way about ' .. name
    or next(edited) and 'Ask differently, and keep the old question, about ' .. name
    or 'Ask about ' .. name
  local texts = here.texts
  local size = texts.size and (' (%s)'):format(texts.size) or ''
  local with = #staged == 0 and '' or (' with %d attachment%s%s'):format(#staged, #staged == 1 and '' or 's', size)
  return ask .. with .. (texts.brief and ', ' .. texts.price or '')
end

-- Prints unsent questions on the terminal after Neovim has ended.
api.nvim_create_autocmd('VimLeavePre', {
  group = api.nvim_create_augroup('aside_prompt', {}),
  callback = function()
    for _, buffer in ipairs(prompts()) do
      local question = vim.trim(M.question(buffer))
      if question ~= '' then
        local about = vim.fs.basename(conversation.of(buffer).name)
        conversation.print_after_exit(('this question about %s was not sent: %s'):format(about, question))
      end
    end
  end,
})

return M
