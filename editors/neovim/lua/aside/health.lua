-- :AsideHealth and :checkhealth aside: show what Aside finds, and what to do if something is missing.

local daemon = require('aside.daemon')

local M = {}

local api = vim.api

local needed = '0.10'
local plugin = vim.fn.fnamemodify(debug.getinfo(1, 'S').source:sub(2), ':p:h:h:h') -- the folder of this plugin

local function too_old()
  return vim.fn.has('nvim-' .. needed) == 0
end

local function version()
  local now = vim.version() -- an old Neovim can't convert it to text
  return ('%d.%d.%d'):format(now.major, now.minor, now.patch)
end

--- Runs `asided --check`. Calls `show` with each line that it writes, and at the end `done` with its exit status.
local function check(show, done)
  local command = vim.list_extend(daemon.command(), { '--check' })
  local rest = ''
  local function read(_, bytes)
    local lines = vim.split(rest .. (bytes or ''), '\n', { plain = true })
    rest = bytes and table.remove(lines) or ''
    for _, line in ipairs(lines) do
      if line ~= '' then
        vim.schedule(function()
          show(line)
        end)
      end
    end
  end
  return vim.system(command, { stdin = '', stdout = read, stderr = read }, function(result)
    vim.schedule(function()
      done(result.code)
    end)
  end)
end

--- The settings of the user that Aside reads, as lines.
local function settings()
  local lines = {}
  for _, name in ipairs({ 'aside_options', 'aside_window', 'aside_marks' }) do
    if vim.g[name] ~= nil then
      table.insert(lines, ('g:%s = %s'):format(name, vim.fn.string(vim.g[name])))
    end
  end
  return #lines > 0 and lines or { 'all have their defaults, :help aside-settings' }
end

--- :AsideHealth
function M.show(command)
  if vim.fn.getcmdwintype() ~= '' then
    require('aside.message').complain('close the command-line window first, with :q')
    return
  end
  local scratch = require('aside.scratch')
  local words = daemon.command()
  local found = vim.fn.exepath(words[1])
  -- The output of `asided --check` comes first, and there are no empty lines, so that the output is visible even in a low terminal.
  local lines = { "Aside's health", 'asided --check says' }
  local function add(title, texts)
    table.insert(lines, title)
    for _, text in ipairs(texts) do
      vim.list_extend(lines, vim.split('  ' .. text, '\n', { plain = true }))
    end
  end
  add('Neovim', {
    version() .. (too_old() and ', which is too old: Aside needs ' .. needed or ', with all that is needed'),
    'this plugin: ' .. plugin,
  })
  add('Command', {
    table.concat(words, ' '),
    found ~= '' and 'found: ' .. found
      or 'not found: install asided, or set g:aside_command in your init.lua, :help aside-install',
  })
  add('Daemon', (daemon.state()))
  add('Settings', settings())
  local buffer = scratch.open(command.mods, "Aside's health", lines)
  local last = 2 -- the last line of the output of `asided --check`
  if found ~= '' then
    check(function(line)
      if api.nvim_buf_is_loaded(buffer) then
        api.nvim_buf_set_lines(buffer, last, last, false, { '  ' .. line })
        vim.bo[buffer].modified = false
        last = last + 1
        scratch.fit(buffer)
      end
    end, function() end)
  end
end

--- :checkhealth aside
function M.check()
  if too_old() then
    local health = vim.health or require('health')
    local start, complain = health.start or health.report_start, health.error or health.report_error
    start('Neovim')
    complain(version() .. ' is too old', 'Install Neovim ' .. needed .. ' or newer.')
    return
  end
  local health = vim.health
  health.start('Neovim')
  health.ok(version())
  health.info('this plugin: ' .. plugin)
  health.start('asided')
  local words = daemon.command()
  local found = vim.fn.exepath(words[1])
  if found == '' then
    health.error(words[1] .. ' is not found', {
      'Install asided, or set g:aside_command to the command that starts it.',
      'See |aside-install|.',
    })
    return
  end
  health.ok(('%s (%s)'):format(found, table.concat(words, ' ')))
  local state, wrong = daemon.state()
  for _, line in ipairs(state) do
    (wrong and health.warn or health.info)(line)
  end
  local status
  check(function(line)
    health.info(line)
  end, function(code)
    status = code
  end)
  vim.wait(10000, function()
    return status ~= nil
  end)
  if status ~= 0 then
    health.error('asided --check has found something that keeps Aside from working', {
      'The lines above say what it is.',
      'Without a key: |:AsideKey|, or set ANTHROPIC_API_KEY in the environment in which Neovim is started.',
    })
  end
  health.start('Settings')
  for _, line in ipairs(settings()) do
    health.info(line)
  end
end

return M
