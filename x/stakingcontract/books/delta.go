package books

import (
	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

// Deltas is what a range of events does to the balances of vaults, in the order in which the vaults were named first.
type Deltas struct {
	vaults  []uint64
	amounts []math.Int
}

// Of returns the change of a vault's balance, 0 where no event touched it.
func (d *Deltas) Of(vault uint64) math.Int {
	for i, id := range d.vaults {
		if id == vault {
			return d.amounts[i]
		}
	}
	return math.ZeroInt()
}

// Vaults returns the vaults that events touched, in the order in which they were named first.
func (d *Deltas) Vaults() []uint64 { return d.vaults }

func (d *Deltas) add(vault uint64, amount math.Int) {
	for i, id := range d.vaults {
		if id == vault {
			d.amounts[i] = d.amounts[i].Add(amount)
			return
		}
	}
	d.vaults = append(d.vaults, vault)
	d.amounts = append(d.amounts, amount)
}

// Add books one event: a deposit or a surplus adds, an outflow takes, an account changes nothing. An execution takes its batch's fee, or what is
// proven of it, and where it succeeded the batch's total, which a handover or a sweep adds to its destination; batch is read for executions only.
func (d *Deltas) Add(event types.Event, batch types.Batch) {
	switch kind := event.Kind.(type) {
	case *types.Event_Deposit:
		d.add(kind.Deposit.Vault, kind.Deposit.Amount)
	case *types.Event_Surplus:
		d.add(kind.Surplus.Vault, kind.Surplus.Amount)
	case *types.Event_Outflow:
		d.add(kind.Outflow.Vault, kind.Outflow.Amount.Neg())
	case *types.Event_Execution:
		d.execution(*kind.Execution, batch)
	}
}

func (d *Deltas) execution(event types.ExecutionEvent, batch types.Batch) {
	d.add(event.Vault, event.FeePaid(batch).Neg())
	if !event.Success {
		return
	}
	d.add(event.Vault, batch.Total.Neg())
	if batch.Purpose != multisigtypes.PURPOSE_PAYOUT {
		d.add(batch.Destination, batch.Total)
	}
}
