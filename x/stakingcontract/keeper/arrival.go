package keeper

import (
	"context"

	"cosmossdk.io/collections"

	"github.com/stafiprotocol/stafid/x/stakingcontract/books"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// keepArrival keeps what a move brought for the deposits that it took along, from ordinal first to what the vault's ledger now calls moved,
// where that is less than they are: each takes its share when it mints or goes back.
func (k Keeper) keepArrival(ctx context.Context, ledger types.Ledger, first uint64, carried books.Carried) error {
	if !carried.Short() {
		return nil
	}
	return k.arrivals.Set(ctx, collections.Join(ledger.Vault, ledger.Moved), types.Arrival{
		Contract: ledger.Contract, Vault: ledger.Vault, First: first, Last: ledger.Moved, Owed: carried.Owed, Left: carried.Left,
	})
}

// takeShare charges a deposit that was moved what its share of the move was short, once. The caller saves the deposit.
func (k Keeper) takeShare(ctx context.Context, ledger types.Ledger, d *types.Deposit) error {
	if d.Shared || d.Ordinal > ledger.Moved {
		return nil
	}
	arrival, found, err := k.arrivalOf(ctx, *d)
	if err != nil || !found {
		return err
	}
	worth := d.Worth()
	d.Charged, d.Shared = d.Amount.Sub(books.Share(&arrival, worth)), true
	key := collections.Join(arrival.Vault, arrival.Last)
	if arrival.Owed.IsZero() {
		return k.arrivals.Remove(ctx, key)
	}
	return k.arrivals.Set(ctx, key, arrival)
}

// arrivalOf finds what arrived for a deposit with others, found is false where it arrived whole.
func (k Keeper) arrivalOf(ctx context.Context, d types.Deposit) (types.Arrival, bool, error) {
	iterator, err := k.arrivals.Iterate(ctx, collections.NewPrefixedPairRange[uint64, uint64](d.Vault).StartInclusive(d.Ordinal))
	if err != nil {
		return types.Arrival{}, false, err
	}
	defer iterator.Close()
	if !iterator.Valid() {
		return types.Arrival{}, false, nil
	}
	arrival, err := iterator.Value()
	return arrival, err == nil && arrival.First <= d.Ordinal, err
}

func (k Keeper) initArrivals(ctx context.Context, g types.GenesisState) error {
	for _, arrival := range g.Arrivals {
		if err := k.arrivals.Set(ctx, collections.Join(arrival.Vault, arrival.Last), arrival); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) exportArrivals(ctx context.Context, g *types.GenesisState) (err error) {
	g.Arrivals, err = values(ctx, k.arrivals)
	return err
}
