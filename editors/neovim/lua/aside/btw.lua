-- Questions by the way. They leave the conversation as it is, and can be asked while another reply is being written.

local M = {}

--- Returns the turn of the side question or side reply under the cursor, or ''.
function M.turn()
  return ''
end

--- Returns the turn of the side reply under the cursor, or of the reply to the side question under the cursor, or ''.
function M.reply()
  return ''
end

return M
