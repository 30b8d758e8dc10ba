-- The conversations that this Neovim shows: the state of each conversation, and its page, which is kept equal to the daemon's
-- data. `conversation/transcript` returns the text of the page; deltas are appended to its last line. When a delta doesn't
-- continue the end of the page (a new reply, or text after thinking), the transcript is requested again. A transcript
-- contains exactly the deltas that were sent before it. Modules that require this one call a conversation `here`.

local daemon = require('aside.daemon')
local document = require('aside.document')
local message = require('aside.message')
local page = require('aside.page')

local M = {}

local api = vim.api

-- Text is added to the page every flush_ms. For a long line the interval is longer, since Neovim takes longer to draw it.
local flush_ms = 40
local flush_bytes_per_ms = 500

-- All conversations, by the name of the page. The fields of each:
--   source, page, prompt  the buffer that the conversation is about, its page and its prompt; each may be gone, and is -1
--                    if it was never there
--   name, uri        the name of the page; the URI of the source, for the daemon
--   id               the conversation's id; empty until the daemon has sent it, and after the daemon has died
--   title            the title of the conversation
--   head, redo       the last reply of the path, '' if the path is empty; the turn that :AsideRedo selects, or ''
--   candidates       the conversations of files that are gone; one of them may be this file's
--   shared           the documents whose text was shared in the conversation
--   edited           the other parameters of the question in the prompt: { parent } for a question that is changed and asked
--                    again; { rewrite }; { side }; otherwise empty
--   rewritten        the lines that the question asks to rewrite, as they were chosen
--   mentioned        the files that the question in the prompt names; each has been listed once
--   groups           the patterns and folders that this question names; the files of each have been shown once
--   texts            the daemon's texts about the next question: `texts` in the result of attachment/check
--   suggested        the rows of the last attachment/suggest
--   known            the code that the model already has: rows of `known` in the result of attachment/check
--   warned_question  the question for which the user was warned that no code is attached
--   sides, btw       the side questions that a window below the page shows, and the buffer of that window
--   sections         the sections of the last transcript
--   folds, closed    the value of 'foldexpr' by line; the text of each closed fold by its first line
--   growing          the turn and kind of the deltas that continue the page's text; empty if none do
--   answering        the turn of the last reply whose first text has arrived
--   fetching         whether a transcript has been requested and hasn't arrived
--   waiting          how many calls of with() wait for the id; later calls wait, too, so that all run in order
--   deltas, length   text that is not on the page yet; the length of the page's last line, to which this text is added
--   state, retry     the last state that the daemon has sent, or "asking" before the first one; the next retry, or nil
--   note, figures    for the status line: the present message; the daemon's texts for cost, tokens and model
--   problem          the daemon's reason why no question can be asked; nil if questions can be asked
--   instructions_notice  the last message about the conversation's instructions
local conversations = {}

-- The conversation of each buffer: of sources, pages, prompts, and Aside's other buffers.
local of_buffer = {}

-- Functions of other modules. Each is called with a conversation after its page was made equal to a transcript.
local shown = {}

--- Calls `show` with the conversation each time its page was made equal to a transcript.
function M.on_transcript(show)
  table.insert(shown, show)
end

--- The name of the page of a source.
local function page_name(source)
  local path = document.path(source)
  return 'aside://' .. (path ~= '' and path or ('[No Name] %d'):format(source))
end

--- Makes a buffer one of the conversation's own.
function M.own(buffer, here)
  of_buffer[buffer] = here
end

--- The conversation of a buffer that has one already, else nil.
function M.known(buffer)
  return of_buffer[buffer]
end

--- The conversation of a buffer, which may be its source or one of its own buffers; by default of the current buffer.
function M.of(buffer)
  buffer = buffer or api.nvim_get_current_buf()
  local known = of_buffer[buffer]
  if known and known.source ~= buffer then
    return known
  end
  local name = page_name(buffer)
  local here = conversations[name]
  if not here then
    here = {
      source = buffer, page = -1, prompt = -1, btw = -1, name = name, uri = document.uri(buffer),
      id = '', title = '', head = '', redo = '', candidates = {}, shared = {},
      edited = {}, rewritten = {}, mentioned = {}, groups = {}, texts = {}, suggested = {}, known = {},
      warned_question = '', sides = {}, sections = {}, folds = {}, closed = {}, growing = {}, answering = '',
      fetching = false, waiting = 0, deltas = {}, length = 0, state = '', note = '', figures = {},
      instructions_notice = '',
    } -- stylua: ignore
    conversations[name] = here
  end
  here.source = buffer
  of_buffer[buffer] = here
  return here
end

--- Returns the parameters of a request: the one that names the conversation's document, and those in `more`.
function M.document(here, more)
  return vim.tbl_extend('force', { textDocument = { uri = here.uri } }, more or {})
end

local function nothing() end

--- Calls `after` with the conversation when its id is known, or `otherwise` with the error. Once the id is known, the daemon
--- sends the events of this conversation.
function M.with(here, after, otherwise)
  after, otherwise = after or nothing, otherwise or nothing
  M.synchronise(here)
  if here.id ~= '' and here.waiting == 0 then
    after(here)
    return
  end
  here.note = ''
  here.waiting = here.waiting + 1
  M.refresh(here, function()
    here.waiting = here.waiting - 1
    after(here)
  end, function(failure)
    here.waiting = here.waiting - 1
    otherwise(failure)
  end)
end

--- Gives the daemon the text of the source, unless its buffer is gone or has another file by now.
function M.synchronise(here)
  if document.uri(here.source) == here.uri then
    document.synchronise(here.source)
  end
end

--- The kind of an error.
function M.kind(failure)
  return failure.data and failure.data.kind or ''
end

--- Returns an error as one line. The hint comes first, since a narrow screen may cut the rest.
local function reason(failure)
  local data = failure.data or {}
  if M.kind(failure) == 'unauthorized' and failure.message:find('no key', 1, true) and daemon.has_flag('credential') then
    return ':AsideKey sets a key, then the question is asked'
  end
  local hint = data.offer == 'compact' and ':AsideCompact sums up the conversation, :AsideNew begins another'
    or data.hint
    or ''
  return (hint == '' or failure.message:find(hint, 1, true)) and failure.message
    or ('%s (%s)'):format(hint, failure.message)
end

function M.complain(failure)
  if M.kind(failure) ~= 'died' then -- daemon.lua has already shown a message about the daemon's death
    message.complain(reason(failure))
  end
end

--- Redraws the status lines, except while Neovim waits for <Enter>: redrawing would remove the message from the screen.
function M.show_status()
  if not vim.fn.mode():find('^r') then
    vim.cmd.redrawstatus({ bang = true })
  end
end

--- Shows an error in the status line of the page.
local function note_error(here, failure)
  if M.kind(failure) ~= 'died' then -- after the daemon's death, on_death() sets the note
    here.note = reason(failure)
  end
  M.show_status()
end

--- Requests a reply and calls `done` with the result. If the daemon refuses the question, `refused` is called with the error,
--- and returns true if it has handled the error. After any other error the question is stored in the conversation.
function M.ask(here, method, params, refused, done)
  if here.state == '' then -- otherwise a reply is being written, and the daemon refuses this request
    here.state = 'asking'
  end
  here.note = ''
  page.to_end(vim.fn.win_findbuf(here.page))
  M.show_status()
  daemon.request(method, params, function(answer)
    local failure = answer.error
    if not failure then
      if done then
        done(answer.result)
      end
      return
    end
    local was_refused = here.state == 'asking' or M.kind(failure) == 'busy'
    if here.state == 'asking' then
      here.state = ''
      M.show_status()
    end
    if not (was_refused and refused and refused(failure)) then
      note_error(here, failure)
      M.complain(failure)
    end
  end, function()
    return here.state == 'asking'
  end)
end

--- Calls `after` with the result, or `otherwise` with the error, which is also shown to the user.
function M.request(method, params, after, otherwise)
  daemon.request(method, params, function(answer)
    if answer.error then
      if otherwise then
        otherwise(answer.error)
      end
      M.complain(answer.error)
    elseif after then
      after(answer.result)
    end
  end)
end

--- Waits for the result and returns it; nil after an error, which is shown to the user.
function M.answer(method, params)
  local answer = daemon.answer(method, params)
  if answer.error then
    M.complain(answer.error)
  end
  return answer.result
end

--- Sends a request that changes the conversation, and then refreshes the page. `done` is called with the result.
function M.change(here, method, params, done)
  M.request(method, params, function(result)
    M.refresh(here)
    if done then
      done(result)
    end
  end)
end

--- Informs the user of changed instructions, and offers a repository's instructions. The latter are used only if the user
--- agrees.
local function offer_instructions(here, instructions)
  local offer = instructions.offer
  local said = instructions.notice
    or offer and ('%s of %s can be sent with your questions: :AsideInstructions allow|refuse'):format(
      offer.name, document.label(offer.folder)) -- stylua: ignore
    or ''
  if said ~= '' and said ~= here.instructions_notice then
    message.inform(said)
  end
  here.instructions_notice = said
end

local function show_problem(here)
  daemon.request('credential/check', {}, function(answer)
    local problem = answer.result and answer.result.problem
    if not vim.deep_equal(problem, here.problem) and here.head == '' and api.nvim_buf_is_loaded(here.page) then
      here.problem = problem
      page.show_transcript(here, { sections = {} })
    end
  end)
end

local function apply_transcript(here, transcript)
  local candidates = transcript.candidates or {}
  if #candidates > 0 and #here.candidates == 0 then
    local those = #candidates == 1 and 'A conversation of a file that is'
      or ('%d conversations of files that are'):format(#candidates)
    message.inform(those .. ' gone may be about this file: :AsideThreads')
  end
  offer_instructions(here, transcript.instructions or {})
  here.id, here.title, here.candidates = transcript.conversation, transcript.title, candidates
  here.shared, here.fetching, here.deltas, here.length = transcript.shared or {}, false, {}, 0
  here.head, here.redo = transcript.head or '', transcript.redo or ''
  -- A daemon of an earlier version sends neither `figures` nor `growing`.
  here.figures, here.growing = transcript.figures or { (transcript.model:gsub('^claude%-', '')) }, transcript.growing or {}
  for i, text in ipairs(here.figures) do
    here.figures[i] = text:gsub('nearly full$', '%0: :AsideCompact')
  end
  if api.nvim_buf_is_loaded(here.page) then
    page.show_transcript(here, transcript)
  end
  for _, show in ipairs(shown) do
    show(here)
  end
  if here.head == '' and daemon.has_flag('credential') then
    show_problem(here)
  end
  M.show_status()
end

--- Requests the transcript and makes the page equal to it.
function M.refresh(here, after, otherwise)
  here.fetching = true
  M.request('conversation/transcript', M.document(here), function(result)
    apply_transcript(here, result)
    if after then
      after(here)
    end
  end, function(failure)
    here.fetching = false
    note_error(here, failure)
    if otherwise then
      otherwise(failure)
    end
  end)
end

--- For 'statusline': the state, cost, tokens and model of the conversation of this window's buffer.
function M.statusline()
  local here = of_buffer[api.nvim_get_current_buf()]
  if not here then
    return ''
  elseif here.note ~= '' then
    return here.note
  end
  local texts = vim.list_extend(here.state ~= '' and { here.state .. '...' } or {}, here.figures)
  local all = table.concat(texts, ' · ')
  -- In a narrow window the model is left out; it is the last of the figures.
  local room = vim.fn.winwidth(0) - 4 - vim.fn.strdisplaywidth(vim.fs.basename(here.name))
  return vim.fn.strdisplaywidth(all) <= room and all or table.concat(texts, ' · ', 1, #texts - 1)
end

--- Triggers one of Aside's User events, for autocommands of the user.
local function announce(event)
  if #api.nvim_get_autocmds({ event = 'User', pattern = event }) > 0 then
    api.nvim_exec_autocmds('User', { pattern = event, modeline = false })
  end
end

local function flush(here)
  if #here.deltas > 0 and api.nvim_buf_is_loaded(here.page) then
    here.length = page.append(here.page, table.concat(here.deltas))
  end
  here.deltas = {}
end

local function add_delta(here, params)
  if here.state == '' then -- a reply to another editor's question was being written when this page was opened
    here.state = 'writing'
  end
  if params.kind == 'text' and here.answering ~= params.turn then
    here.answering = params.turn
    announce('AsideFirstText')
  end
  local own = here.growing.turn == params.turn
  if not own or here.growing.kind ~= params.kind then
    -- Thinking that comes after text belongs above that text; the next transcript has it there.
    if not here.fetching and not (own and here.growing.kind == 'text') then
      M.refresh(here)
    end
    return
  end
  if #here.deltas == 0 then
    vim.defer_fn(function()
      flush(here)
    end, flush_ms + math.floor(here.length / flush_bytes_per_ms))
  end
  table.insert(here.deltas, params.kind == 'thinking' and params.text:gsub('\n', '\n> ') or params.text)
end

local function count_down(here, retry, seconds)
  if here.retry == retry then
    here.note = ('retrying in %d s (%d of %d): %s'):format(seconds, retry.attempt, retry.of, retry.reason)
    M.show_status()
    vim.defer_fn(function()
      count_down(here, retry, math.max(0, seconds - 1))
    end, 1000)
  end
end

local function ended(here)
  flush(here)
  here.state, here.retry = '', nil
  announce('AsideEnd')
end

local function apply_status(here, params)
  local began = here.state == '' or here.state == 'asking'
  here.state, here.retry, here.note = params.state, params.retry, ''
  if params.state == 'ended' then
    ended(here)
    M.refresh(here) -- now the transcript has a note below the reply, and the price in the reply's heading
  elseif began then
    M.refresh(here)
    announce('AsideStart')
  end
  if params.state == 'storing' then
    here.note = 'not stored yet, and kept in memory: ' .. params.retry.reason
  elseif params.state == 'retrying' then
    count_down(here, params.retry, math.ceil(params.retry.delaySeconds))
  end
  M.show_status()
end

--- Returns the side question whose reply an event is about; nil for a reply on the path. A side question's reply has no known
--- turn before its first event. The daemon begins replies in the order of the requests, so that event belongs to the first
--- side question without a turn.
local function side_of(here, params)
  local new
  for _, side in ipairs(here.sides) do
    if side.turn == params.turn then
      return side
    elseif side.turn == '' then
      new = new or side
    end
  end
  if new and params.state == 'connecting' and not (here.state == 'asking' and new.after_main) then
    new.turn = params.turn
    return new
  end
end

local function notified(method, params)
  if method == 'window/showMessage' then
    message.inform((params.message:gsub('^Aside: ', '')))
    return
  end
  for _, here in pairs(conversations) do
    local own = params.conversation == here.id
    local side = params.turn and own and side_of(here, params)
    if side then
      side.handle(params)
    elseif here.id ~= '' and api.nvim_buf_is_loaded(here.page) then
      if method == 'conversation/changed' and (own or params.uri == here.uri) then
        M.refresh(here)
      elseif method == 'conversation/delta' and own then
        add_delta(here, params)
      elseif method == 'conversation/status' and own then
        apply_status(here, params)
      end
    end
  end
end

local function on_death()
  document.forget()
  for _, here in pairs(conversations) do
    if here.state ~= '' then
      ended(here)
    end
    here.id, here.growing, here.fetching, here.note = '', {}, false, 'the daemon is gone'
  end
  M.show_status()
end

--- A buffer without a name has become a file, or a file was renamed: its conversation moves to that file.
local function move(here)
  local old, page_before = here.uri, here.page
  conversations[here.name] = nil
  here.name, here.uri, here.id = page_name(here.source), document.uri(here.source), ''
  conversations[here.name] = here
  daemon.notify('workspace/didRenameFiles', { files = { { oldUri = old, newUri = here.uri } } })
  document.close(old)
  page.replace(page_before, here)
  M.with(here)
end

--- Called when a buffer was written. Tells the daemon, which records the file's identity to recognise the file after a rename.
local function saved(source)
  local here = of_buffer[source]
  if not here or here.source ~= source or not daemon.alive() then
    return
  elseif document.uri(source) == here.uri then
    document.synchronise(source)
    daemon.notify('textDocument/didSave', M.document(here))
  elseif here.uri:find('^untitled:') then
    move(here)
  end
end

local function close(here)
  document.close(here.uri)
  conversations[here.name] = nil
  if api.nvim_buf_is_valid(here.page) then
    api.nvim_buf_delete(here.page, { force = true })
  end
end

--- Stops following conversations that no window or buffer shows any more. Closes the documents of buffers that are gone, so
--- that the daemon reads the files instead.
function M.close_unseen()
  for _, here in pairs(vim.tbl_extend('force', {}, conversations)) do
    local listed = api.nvim_buf_is_valid(here.source) and vim.bo[here.source].buflisted
    if not listed and not api.nvim_buf_is_loaded(here.source) and #vim.fn.win_findbuf(here.page) == 0 then
      close(here)
    elseif not api.nvim_buf_is_loaded(here.page) then
      here.id = ''
    elseif not api.nvim_buf_is_valid(here.source) and vim.startswith(here.uri, 'file:') then
      M.of(document.make(here.uri)) -- after :bwipe, commands in the page are still about the file
    end
  end
  for _, uri in ipairs(document.stale()) do
    document.close(uri)
    for _, here in pairs(conversations) do
      if here.uri == uri and here.id ~= '' then
        -- After didClose the daemon sends no events of this conversation; this request makes it send them again.
        M.refresh(here)
      end
    end
  end
end

--- Prints a line on the terminal after Neovim has ended: leaves the alternate screen, writes, and enters it again, which the
--- TUI then leaves for the last time.
function M.print_after_exit(text)
  if vim.uv.guess_handle(2) == 'tty' then
    local line = vim.fn.strtrans((text:gsub('\n', ' ')))
    api.nvim_chan_send(vim.v.stderr, ('\27[?1049lAside: %s\r\n\27[?1049h'):format(line))
  end
end

local function before_leave()
  local names = {}
  for _, here in pairs(conversations) do
    local beside = vim.iter(here.sides):any(function(side)
      return side.state ~= ''
    end)
    if here.state ~= '' or beside then
      table.insert(names, document.name(here.source))
    end
  end
  if #names > 0 then
    M.print_after_exit(
      ('the reply about %s goes on in the daemon; :AsideOpen shows it.'):format(table.concat(names, ', '))
    )
  end
  if vim.o.shada ~= '' then
    vim.opt.shada:append('raside') -- keeps pages and prompts out of v:oldfiles and the marks
  end
end

daemon.listen(notified, on_death)

local group = api.nvim_create_augroup('aside', {})
api.nvim_create_autocmd('BufWritePost', {
  group = group,
  nested = true, -- when an unnamed buffer has become a file, another page is shown, whose BufWinEnter sets the window's options
  callback = function(event)
    saved(event.buf)
  end,
})
-- Neovim triggers these events, too, for an unnamed buffer that :write is about to name. So the check runs after the :write.
api.nvim_create_autocmd({ 'BufDelete', 'BufWipeout', 'BufUnload' }, {
  group = group,
  callback = function(event)
    vim.schedule(function()
      if not api.nvim_buf_is_valid(event.buf) then
        of_buffer[event.buf] = nil
      end
      M.close_unseen()
    end)
  end,
})
api.nvim_create_autocmd('VimLeavePre', { group = group, callback = before_leave })

return M
