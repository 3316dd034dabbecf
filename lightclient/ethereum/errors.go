package ethereum

import "errors"

// ErrUnconfirmed: a finalized block is proven by its sync committee, but too few
// beacon sources show it; it is not the head.
var ErrUnconfirmed = errors.New("finalized block is not shown by enough beacon sources")
