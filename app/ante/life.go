package ante

import (
	"slices"

	sdk "github.com/cosmos/cosmos-sdk/types"
)

// touch records the sign of life that signatures are (protocol §12). It is done here and not by x/multisig, whose handler has a bound of gas that
// does not grow; the other duties' handlers record theirs by themselves. It reads two records, and writes one at most once in a heartbeat interval.
func (d DutyDecorator) touch(ctx sdk.Context, tx dutyTx) error {
	if !slices.ContainsFunc(tx.duties, func(duty duty) bool { return duty.session > 0 }) {
		return nil
	}
	return d.duties.TouchDuty(ctx, tx.operator)
}
