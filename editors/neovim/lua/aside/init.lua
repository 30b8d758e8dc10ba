-- The commands: they collect what the user has chosen, and send it. The daemon does the rest. plugin/aside.lua calls a command's function
-- with the table of nvim_create_user_command().

local attachment = require('aside.attachment')
local btw = require('aside.btw')
local completion = require('aside.completion')
local consent = require('aside.consent')
local conversation = require('aside.conversation')
local daemon = require('aside.daemon')
local document = require('aside.document')
local mention = require('aside.mention')
local message = require('aside.message')
local page = require('aside.page')
local prompt = require('aside.prompt')
local subject = require('aside.subject')
-- These two modules do something each time a transcript has been shown. They are loaded here, so that they are called then.
require('aside.wanted')
require('aside.marks')

local M = {}

local api = vim.api

local operator_command -- the command that operate() runs

--- For 'statusline': the state, cost, tokens and model of the conversation of this window's buffer.
M.statusline = conversation.statusline

local function is_blank(text)
  return not text:find('%S')
end

--- Returns lines of a page or a prompt as quoted text for the question. They aren't lines of a file, so they can't be attached.
local function quoted(command)
  return vim.tbl_map(function(line)
    return '> ' .. line
  end, api.nvim_buf_get_lines(0, command.line1 - 1, command.line2, false))
end

--- Handles the range of a command. Lines of a file are added to the attachments of the next question; lines of Aside's
--- own buffers are returned as a quote.
local function take_range(command)
  if command.range == 0 then
    return {}
  elseif subject.in_aside_buffer() then
    return quoted(command)
  end
  prompt.stage(attachment.lines(api.nvim_get_current_buf(), command.line1, command.line2))
  return {}
end

--- Returns the question with the quote before it.
local function with_quote(quote, question)
  return #quote == 0 and question or table.concat(quote, '\n') .. '\n\n' .. question
end

local function ask_params(here, question, without_updates, attachments)
  local params = conversation.document(here, { question = question, attachments = attachments })
  if without_updates then
    params.current = false
  end
  return params
end

--- Gives the daemon the present text of the buffers that are shared with this question or were shared before.
local function synchronise(here, attachments)
  conversation.close_unseen()
  attachment.synchronise(attachments)
  for _, uri in ipairs(here.shared) do
    document.synchronise_shared(uri)
  end
end

local send_request

--- Handles the refusal of a question. Returns true if the user is now being asked whether to send the question anyway.
local function refused(here, params, put_back, failure)
  if conversation.kind(failure) == 'needsConsent' then
    local reasons = failure.data.reasons
    local asked = consent.ask(reasons, function()
      if daemon.start() then
        local consented = vim.list_extend(vim.list_slice(params.consent or {}), reasons)
        send_request(here, vim.tbl_extend('force', params, { consent = consented }), put_back)
      else
        put_back()
      end
    end, function()
      put_back()
      prompt.open_next(here)
    end)
    if asked then
      return true
    end
    failure.data.hint = 'The question is in the prompt; :w asks again.'
  end
  put_back()
  return false
end

--- Sends conversation/ask. `put_back` is called if the question is refused.
function send_request(here, params, put_back)
  conversation.with(here, function()
    synchronise(here, params.attachments)
    local function if_refused(failure)
      return refused(here, params, put_back, failure)
    end
    -- In an empty conversation a side question is sent as an ordinary question.
    if params.side and (here.head ~= '' or here.state ~= '') then
      btw.ask(here, 'conversation/ask', params, params.question, if_refused)
    else
      conversation.ask(here, 'conversation/ask', params, if_refused, params.rewrite and function(result)
        require('aside.apply').ready(here, result)
      end)
    end
  end, put_back)
end

--- Sends a question with all staged attachments. `edited` has the other parameters of the question. If the daemon refuses the question,
--- the question is put back into the prompt, unless the user has written something else there.
local function send_question(here, question, without_updates, edited)
  local staged, mentioned, groups = prompt.take_staged(), here.mentioned, here.groups
  local params = ask_params(here, question, without_updates, prompt.attachments(staged))
  send_request(here, vim.tbl_extend('force', params, edited), function()
    prompt.put_back(staged)
    if prompt.draft(here) == '' then
      here.edited, here.mentioned, here.groups = edited, mentioned, groups
      prompt.replace(prompt.make(here), question)
    end
  end)
end

--- Opens the prompt; `edited` are the parameters of the question besides its text.
local function open_prompt(here, quote, edited)
  conversation.with(here)
  daemon.notify('conversation/prepare', conversation.document(here)) -- so that the daemon connects while the user types
  completion.fetch_prompts()
  if edited then
    here.edited = edited
  end
  prompt.open(here, quote)
end

--- Whether the question uses a named prompt that is about code, but no code is attached. The user is warned once for each question; after
--- that the result is false.
local function lacks_code(here, question)
  local attached = #prompt.staged() > 0 or here.edited.rewrite
  if attached or here.warned_question == question or not completion.needs_code(question) then
    return false
  end
  conversation.with(here)
  daemon.await(function()
    return here.id ~= ''
  end)
  if #here.shared > 0 then
    return false
  end
  here.warned_question = question
  local name = document.name(here.source)
  message.complain(('no code is attached: CTRL-A adds %s, :w sends the question without code'):format(name))
  return true
end

--- :Aside. Without a question the prompt opens. With [!], the question is sent without updates of the text that was shared before.
function M.ask(command)
  if not daemon.start() then
    return
  end
  local quote = take_range(command)
  local here = subject.show(command.mods)
  if #quote == 0 and lacks_code(here, command.args) then
    prompt.open(here, {})
    prompt.replace(api.nvim_get_current_buf(), command.args)
    prompt.write_on()
  elseif is_blank(command.args) then
    open_prompt(here, quote)
  else
    send_question(here, with_quote(quote, command.args), command.bang, {})
  end
end

--- :AsideRewrite. If no instruction is given, the prompt opens, so that the user can write it there.
function M.rewrite(command)
  local buffer = api.nvim_get_current_buf()
  if subject.in_aside_buffer() then
    message.complain('these lines are part of the conversation: rewrite lines of a file')
  elseif not vim.bo.modifiable then
    message.complain("this buffer can't be changed: it is 'nomodifiable'")
  elseif document.has_other_lines(buffer) then
    message.complain("lines can't be rewritten in a buffer with carriage returns inside of its lines")
  elseif daemon.start() and daemon.can('rewrite') then
    local rewrite = { uri = document.uri(buffer), range = document.range(command.line1, command.line2) }
    local lines = api.nvim_buf_get_lines(buffer, command.line1 - 1, command.line2, false)
    local here = subject.show(command.mods)
    here.rewritten = lines
    if is_blank(command.args) then
      open_prompt(here, {}, { rewrite = rewrite })
    else
      send_question(here, command.args, false, { rewrite = rewrite })
    end
  end
end

--- :AsideBtw. If the cursor is on a side question, in the page or in the window of such questions, the new question follows that
--- question's reply.
function M.btw(command)
  if not daemon.start() or not daemon.can('side') then
    return
  end
  local quote = take_range(command)
  local beside = { side = true, parent = btw.reply() }
  local here = subject.show(command.mods)
  if is_blank(command.args) then
    open_prompt(here, quote, beside)
  else
    send_question(here, with_quote(quote, command.args), false, beside)
  end
end

--- Whether the question names files that were not added. The user is warned once for each.
local function lacks_named()
  local complaint = mention.stage_all()
  if complaint ~= '' then
    message.complain(complaint .. ' :w sends the question as it is')
  end
  return complaint ~= ''
end

--- Whether the lines that are to be rewritten have changed since they were chosen.
local function outdated(here)
  local range = here.edited.rewrite and here.edited.rewrite.range
  if not range then
    return false
  end
  local loaded = api.nvim_buf_is_loaded(here.source)
  local lines = loaded and api.nvim_buf_get_lines(here.source, range.start.line, range['end'].line, false) or {}
  return not vim.deep_equal(lines, here.rewritten)
end

--- :write in the prompt: sends the question and closes the prompt's window. The text stays in the prompt's undo history, and is put back
--- if the daemon refuses the question.
function M.submit()
  local buffer = api.nvim_get_current_buf()
  local here = conversation.of(buffer)
  local question = prompt.question(buffer):gsub('^\n+', ''):gsub('\n+$', '')
  if is_blank(question) then
    message.complain('write a question first; :q keeps the prompt for later')
  elseif here.state ~= '' and not here.edited.side then
    message.complain('Wait for the reply to end, or stop it with CTRL-C. The question stays here.')
  elseif outdated(here) then
    message.complain('the lines have changed since you chose them: choose them again with :AsideRewrite')
  elseif daemon.start() and not lacks_named() and not lacks_code(here, question) then
    subject.show('')
    local edited = here.edited
    vim.w.aside_sent = true
    here.edited = {}
    prompt.replace(buffer, '')
    send_question(here, question, vim.v.cmdbang == 1, edited)
  end
end

--- :AsidePreview. Shows what would be sent for the given question; if none is given, for the question in the prompt.
--- The attachments that the prompt lists and the lines of the range are included.
function M.preview(command)
  if not daemon.start() then
    return
  end
  local here = conversation.of()
  local quote, attachments = {}, vim.list_slice(prompt.attachments(prompt.staged()))
  if command.range > 0 and subject.in_aside_buffer() then
    quote = quoted(command)
  elseif command.range > 0 then
    local row = attachment.lines(api.nvim_get_current_buf(), command.line1, command.line2)
    table.insert(attachments, row.attachment)
  end
  local own = not is_blank(command.args)
  local text = with_quote(quote, own and command.args or prompt.draft(here))
  if is_blank(text) then
    message.complain('give a question, or write one in the prompt')
    return
  end
  local params = ask_params(here, text, command.bang, attachments)
  params = vim.tbl_extend('force', params, own and {} or here.edited)
  conversation.with(here, function()
    synchronise(here, attachments)
    require('aside.preview').show(command.mods, document.name(here.source), params)
  end)
end

--- Returns the keys of an operator, for an <expr> map. The operator runs a command on the lines of a motion; `.` repeats the operator.
function M.operator(command)
  operator_command = command
  vim.o.operatorfunc = "v:lua.require'aside'.operate"
  return 'g@'
end

function M.operate()
  vim.cmd[operator_command]({ range = { vim.fn.line("'["), vim.fn.line("']") } })
end

--- :AsideOpen
function M.open(command)
  subject.with(command.mods)
end

--- Fills a page that :edit has reloaded or opened by its name, or a prompt that a session has restored without its text.
function M.read(buffer)
  local name = api.nvim_buf_get_name(buffer)
  local path = name:gsub('^aside%-prompt://', ''):gsub('^aside://', '')
  if vim.startswith(name, 'aside-prompt:') then
    prompt.make(conversation.of(vim.fn.bufadd(path)))
  elseif conversation.known(buffer) then
    conversation.with(conversation.of(buffer), conversation.refresh)
  elseif vim.startswith(path, '[No Name]') then
    message.complain('this conversation was about a buffer without a name, and that buffer is gone')
  elseif daemon.start() then
    conversation.with(page.make(conversation.of(vim.fn.bufadd(path))))
  end
end

local function models()
  local result = daemon.answer('model/list', {}).result
  return result and result.models or {}
end

local function deprecation_note(id)
  for _, model in ipairs(models()) do
    if model.id == id and model.deprecated then
      local date = model.retires and ', retires on ' .. model.retires or ''
      local successor = model.successor and ': use ' .. model.successor or ''
      return (' (deprecated%s%s)'):format(date, successor)
    end
  end
  return ''
end

--- :AsideModel. Without {model}, a message says which model and effort are in use.
function M.model(command)
  local model, effort = unpack(command.fargs)
  subject.with('', function(here)
    if not model then
      message.inform('this conversation uses ' .. here.figures[#here.figures])
      return
    end
    local params = { conversation = here.id, model = model, effort = effort }
    conversation.change(here, 'conversation/configure', params, function(result)
      local said = vim.trim(('the next question goes to %s %s'):format(result.model, effort or ''))
      message.inform((result.notice or said) .. deprecation_note(result.model))
    end)
  end)
end

--- Completes the name of a model, and after that an effort. Deprecated models come last.
function M.complete_model(lead, line, cursor)
  local words = vim.split(line:sub(1, cursor), '%s+')
  local current, deprecated, efforts = {}, {}, {}
  for _, model in ipairs(models()) do
    table.insert(model.deprecated and deprecated or current, model.id)
    efforts = model.id == words[2] and model.efforts or efforts
  end
  local offered = #words == 2 and vim.list_extend(current, deprecated) or #words == 3 and efforts or {}
  return vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, offered)
end

--- :AsideKey. The key is used until this Neovim ends; it is kept in memory only and never shown.
function M.key()
  local key = vim.trim(vim.fn.inputsecret('API key (https://platform.claude.com/settings/keys): '))
  vim.cmd.redraw()
  if key == '' then
    message.complain('no key was given')
    return
  end
  daemon.use_key(key)
  if daemon.start() then
    message.inform('the key is used until Neovim ends; to keep it, set ANTHROPIC_API_KEY')
    conversation.with(conversation.of(), conversation.refresh)
  end
end

--- :AsideCompact
function M.compact(command)
  subject.with(command.mods, function(here)
    local instructions = not is_blank(command.args) and command.args or nil
    conversation.ask(here, 'conversation/compact', { conversation = here.id, instructions = instructions })
  end)
end

return M
