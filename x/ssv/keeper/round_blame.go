package keeper

import (
	"context"

	"cosmossdk.io/collections"

	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/x/ssv/types"
)

// DealerFault says whether an operator was a dealer in an era that is over and failed that duty: it did not deal, or dealt and did not open
// (protocol §3, step 6; §14). It is false for whoever was no dealer, in the current era, and once the era's history is pruned.
func (k Keeper) DealerFault(ctx context.Context, era uint64, operator string) (bool, error) {
	raw, err := k.rawOperator(operator)
	if err != nil {
		return false, err
	}
	next, over, err := maybe(ctx, k.EraRecords, era+1)
	if err != nil || !over {
		return false, err
	}
	round, found, err := maybe(ctx, k.Rounds, era)
	if err != nil || !found {
		return false, err
	}
	dealer, found, err := maybe(ctx, k.Dealers, collections.Join(era, raw))
	return found && round.AtFault(dealer, next.Era.StartHeight), err
}

// settleDealers counts the duty of a round in its dealers' heartbeat accounts of the era that ended, at the height at which it did: as so
// many heartbeats due, which only those without a fault sent (protocol §3, step 6). So a fault weighs on criterion 4 of whoever serves as
// missed heartbeats do, and keeps whoever does not out of the next election.
func (k Keeper) settleDealers(ctx context.Context, ended types.Era, height int64) error {
	round, found, err := maybe(ctx, k.Rounds, ended.Number)
	if err != nil || !found {
		return err
	}
	params, err := k.GetParams(ctx)
	if err != nil {
		return err
	}
	dealers, err := k.dealersOf(ctx, ended.Number)
	if err != nil {
		return err
	}
	for _, dealer := range dealers {
		if err := k.settleDealer(ctx, dealer, ended.Number, params.HeartbeatsOfRound(), round.AtFault(dealer.Dealer, height)); err != nil {
			return err
		}
	}
	return nil
}

func (k Keeper) settleDealer(ctx context.Context, dealer dealer, era, heartbeats uint64, atFault bool) error {
	key := collections.Join[uint64, sdk.ValAddress](era, dealer.raw)
	account, found, err := maybe(ctx, k.HeartbeatAccounts, key)
	if err != nil {
		return err
	}
	if !found {
		account = types.HeartbeatAccount{Era: era, Operator: dealer.Operator}
	}
	account.Due += heartbeats
	if !atFault {
		account.Sent += heartbeats
	}
	return k.HeartbeatAccounts.Set(ctx, key, account)
}
