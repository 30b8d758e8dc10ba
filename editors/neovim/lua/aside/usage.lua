-- :AsideUsage: shows used tokens and their cost in a window, or writes them as CSV. The table comes from the daemon.

local conversation = require('aside.conversation')
local file = require('aside.file')
local message = require('aside.message')
local scratch = require('aside.scratch')

local M = {}

local columns = { 'day', 'month', 'file', 'model', 'conversation' }

--- `typed` has the columns by which to group and, optionally, the file to write.
function M.show(mods, overwrite, typed)
  local by, files = {}, {}
  for _, word in ipairs(file.words(typed)) do
    table.insert(vim.list_contains(columns, word) and by or files, word)
  end
  local params = { by = #by > 0 and by or nil }
  if #files == 0 then
    local report = conversation.answer('usage/report', params)
    if report then
      scratch.open(mods ~= '' and mods or 'botright', 'Used tokens, at list prices', vim.split(vim.trim(report.text), '\n'))
      local options = vim.wo[0][0]
      options.wrap, options.number, options.relativenumber = false, false, false
    end
  elseif #files > 1 or not files[1]:find('%.csv$') then
    local all = table.concat(columns, ', ')
    message.complain(('%s is neither one of %s nor a file that ends in .csv'):format(files[1], all))
  elseif file.writable(file.path(files[1]), overwrite, ':AsideUsage!') then
    params.format = 'csv'
    local report = conversation.answer('usage/report', params)
    if report then
      file.write(file.path(files[1]), report.text, 'the table')
    end
  end
end

function M.complete(lead)
  local words = vim.tbl_filter(function(word)
    return vim.startswith(word, lead)
  end, columns)
  return vim.list_extend(words, file.complete(lead, '%.csv$'))
end

return M
