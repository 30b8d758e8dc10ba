vim9script
scriptencoding utf-8
# The files that a reply asks to see. The daemon finds them in the last lines of the reply, and sends them as `wanted`
# of the section with the reply's text. On the page, virtual text after each such line of the last reply says how many
# tokens the file has, or why it can't be shared. Nothing is added to a question or sent unless the user says so.

import autoload 'aside/attachment.vim'
import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/page.vim'
import autoload 'aside/prompt.vim'

const follow_up = '/here'  # a named prompt; its text says to Claude: here is what you asked to see
const types = {aside_wanted: 'asideStaged', aside_wanted_asks: 'asideAsks', aside_wanted_refused: 'asideRefused',
  aside_wanted_keys: 'asideStaged'}

highlight default link asideStaged Comment
highlight default link asideAsks WarningMsg
highlight default link asideRefused ErrorMsg
for [type, group] in items(types)
  if prop_type_get(type) == {}
    prop_type_add(type, {highlight: group})
  endif
endfor

# Shows what the last reply asks to see, after the page was made equal to a transcript.
export def Show(here: dict<any>)
  if !has('patch-9.0.1067') || !bufloaded(here.page)  # older versions of Vim have no virtual text, or show it wrongly
    return
  endif
  RemoveRemarks(here)
  const reply = here.state == '' ? page.Reply(here, 0) : {}
  const wanted: list<dict<any>> = reply->get('wanted', [])
  if wanted == []
    return
  endif
  Check(here, wanted, (result) => {
    if page.Reply(here, 0) == reply && here.state == ''
      AddRemarks(here, reply, wanted, result)
    endif
  })
enddef

def RemoveRemarks(here: dict<any>)
  for type in keys(types)
    prop_remove({bufnr: here.page, type: type, all: true})
  endfor
enddef

def AddRemarks(here: dict<any>, reply: dict<any>, wanted: list<dict<any>>, result: dict<any>)
  RemoveRemarks(here)  # if there were two requests, the remarks of the first answer are on the page already
  const rows: list<dict<any>> = result->get('attachments', [])
  for [i, row] in items(rows)
    const lnum = reply.startLine + wanted[i].line + 1
    const type = row->has_key('refused') ? 'aside_wanted_refused' : row->has_key('reasons') ? 'aside_wanted_asks' : 'aside_wanted'
    const remark = row->get('remark', '')->strtrans()
    prop_add(lnum, 0, {bufnr: here.page, type: type, text: $'  {remark}', text_wrap: 'wrap'})
  endfor
  const usable = rows->copy()->filter((_, row) => !row->has_key('refused'))
  if usable != []
    const it = len(usable) == 1 ? 'it' : 'them'
    const texts: dict<any> = result->get('texts', {})
    const price = texts->has_key('price') ? $', {texts.price}' : ''
    prop_add(reply.startLine + wanted[-1].line + 1, 0, {bufnr: here.page, type: 'aside_wanted_keys', text_align: 'below',
      text_wrap: 'truncate', text: $'gw adds {it} to the next question, gW asks now{price}'})
  endif
  page.ToEnd(win_findbuf(here.page)->filter((_, w) => getcurpos(w)[1] >= reply.startLine + wanted[-1].line + 1))
enddef

# Calls `Then` with the result of attachment/check.
def Check(here: dict<any>, wanted: list<dict<any>>, Then: func(dict<any>))
  attachment.Synchronise(wanted)
  daemon.Request('attachment/check', conversation.Document(here)->extend({attachments: wanted}), (answer) =>
    Then(answer->get('result', {})))
enddef

# :AsideWanted: adds files to the next question. If the line under the cursor asks for a file, this file is added.
# Otherwise all files are added that the reply under the cursor asks for; outside of the page, the last reply. With
# `now`, the question is asked at once.
export def Add(now: bool)
  if !daemon.Start() || !daemon.Can('wanted')
    return
  endif
  const here = page.Make(conversation.Of(bufnr()))
  const at = bufnr() == here.page ? line('.') : 0
  conversation.With(here)
  daemon.Await(() => here.id != '' && !here.fetching)
  const reply = page.Reply(here, at)
  const all: list<dict<any>> = reply->get('wanted', [])
  const wanted = all->copy()->filter((_, file) => reply.startLine + file.line + 1 == at) ?? all
  if wanted == []
    daemon.Complain('this reply doesn''t ask to see a file')
    return
  endif
  attachment.Synchronise(wanted)
  const rows: list<dict<any>> = conversation.Answer('attachment/check', {attachments: wanted})->get('attachments', [])
  final labels: list<string> = []
  for [i, row] in items(rows)
    if !row->has_key('refused')
      const label = wanted[i].name .. (row->has_key('lines') ? $':{row.lines}' : '')
      labels->add(label)
      prompt.Stage({label: label, attachment: wanted[i]}, row)
    endif
  endfor
  const refused = rows->copy()->filter((_, row) => row->has_key('refused'))
  if labels == []
    daemon.Complain(refused->get(0, {})->get('refused', 'none of these files can be shared'))
  elseif now
    aside#Ask('', false, 0, 0, 0, follow_up)
  else
    prompt.Resume()
    daemon.Inform($'{labels->join(", ")} will go with the next question{prompt.Price(here)}'
      .. (refused == [] ? '' : $'; {len(refused)} can''t be shared'))
  endif
enddef

defcompile  # the reason is in daemon.vim
