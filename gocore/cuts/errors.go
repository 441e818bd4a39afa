package cuts

import "errors"

// ErrAim says that it makes no sense what parts are asked for, or what is given to count.
var ErrAim = errors.New("no way to cut")

// ErrChanged says that two passes read other keys.
var ErrChanged = errors.New("the passes have to read the same rows")
