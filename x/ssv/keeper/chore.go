package keeper

import (
	"context"
)

// A chore is a list of work for the ends of blocks. It is marked while there may be something in it, so that a block with nothing to do reads one
// key for each list: an iterator costs ten times as much, and more with every key that the block's transactions wrote. Whoever adds to a list
// marks it, genesis marks all, and the block that finds it empty takes the mark away.
const (
	choreStandings uint32 = iota + 1
	choreEvictions
	choreRounds
	choreRewards
)

func (k Keeper) markChore(ctx context.Context, chore uint32) error {
	marked, err := k.Chores.Has(ctx, chore)
	if err != nil || marked {
		return err
	}
	return k.Chores.Set(ctx, chore)
}

func (k Keeper) markAllChores(ctx context.Context) error {
	for _, chore := range []uint32{choreStandings, choreEvictions, choreRounds, choreRewards} {
		if err := k.Chores.Set(ctx, chore); err != nil {
			return err
		}
	}
	return nil
}

// mayWait says whether a chore's list may have something in it; it does where that can't be read.
func (k Keeper) mayWait(ctx context.Context, chore uint32) bool {
	marked, err := k.Chores.Has(ctx, chore)
	return err != nil || marked
}

// look asks something of the state outside a cache context, where most blocks learn that there is nothing to do. What can't be read, or panics,
// is taken for a yes: the isolated step that follows meets it again and reports it.
func look(ask func() (bool, error)) (yes bool) {
	defer func() {
		if recover() != nil {
			yes = true
		}
	}()
	yes, err := ask()
	return err != nil || yes
}
