vim9script
# :AsideInstructions: shows the instructions that Claude gets in the conversations of a file, and allows or refuses the
# instructions of the file's repository.

import autoload 'aside/conversation.vim'
import autoload 'aside/daemon.vim'
import autoload 'aside/document.vim'
import autoload 'aside/scratch.vim'

const states = {used: 'used', unanswered: 'not used: you have not allowed it yet',
  refused: 'not used: you have refused it'}

# `answer` is '', 'allow' or 'refuse'.
export def Show(mods: string, answer: string)
  if !daemon.Start()
    return
  endif
  const here = conversation.Of(bufnr())
  conversation.With(here)
  const listed = conversation.Answer('instructions/list', conversation.Document(here))
  const offered: list<dict<any>> = listed->get('files', [])->copy()->filter((_, row) => row->has_key('folder'))
  if listed == {}
    return
  elseif answer == ''
    scratch.Open(mods, $'Instructions for {document.Name(here.source)}', Lines(listed, offered))
    setlocal syntax=aside wrap linebreak nonumber norelativenumber
  elseif index(['allow', 'refuse'], answer) < 0
    daemon.Complain($'use :AsideInstructions allow or :AsideInstructions refuse, not "{answer}"')
  elseif offered == []
    daemon.Complain('there is no AGENTS.md or CLAUDE.md for this file')
  else
    const row = offered[-1]
    conversation.Change(here, 'instructions/allow', {folder: row.folder, allow: answer == 'allow'}, (_) =>
      daemon.Inform($'{row.name} of {document.Label(row.folder)} '
        .. (answer == 'allow' ? 'is sent with your questions from now on' : 'is not sent with your questions')))
  endif
enddef

export def Complete(_: string, _: string, _: number): string
  return "allow\nrefuse"
enddef

def Lines(listed: dict<any>, offered: list<dict<any>>): list<string>
  final lines: list<string> = ['# Instructions', '']
  for row in listed.files
    const why = row->get('problem', '') == '' ? states[row.state] : $'not used: {row.problem}'
    lines->add($'- {document.Label(row.uri)} ({why})')
  endfor
  if listed.files == []
    lines->extend(['There are no instructions yet.', '',
      'For all files: write instructions.md beside config.json, in ~/.config/aside',
      'or $XDG_CONFIG_HOME/aside.',
      'For a repository: write AGENTS.md in it, then :AsideInstructions allow.'])
  endif
  const state = offered == [] ? '' : offered[-1].state
  if state == 'unanswered' || state == 'refused'
    lines->extend(['', ':AsideInstructions allow sends the repository''s instructions with your questions.'])
  endif
  if state == 'unanswered' || state == 'used'
    lines->extend(['', ':AsideInstructions refuse leaves the repository''s instructions out.'])
  endif
  return lines + (listed->get('notice', '') == '' ? [] : ['', listed.notice])
    + (listed.text == '' ? [] : ['', '## What is used now', ''] + split(listed.text, "\n", true))
enddef

defcompile  # compiles all functions now; the end of daemon.vim says why
