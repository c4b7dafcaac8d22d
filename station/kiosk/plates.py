"""The signs of a Chinese number plate, for the keyboard on the guard's screen.

Source: GA 36-2018. The first sign names the province; some plates end with the sign of what they are for.
"""

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# Embassy, consulate, police, driving school, Hong Kong, Macao, trailer.
SUFFIXES = "使领警学港澳挂"
# A plate has no I and no O, which would be taken for 1 and 0.
SIGNS = "1234567890ABCDEFGHJKLMNPQRSTUVWXYZ"
