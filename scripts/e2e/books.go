package e2e

import (
	"fmt"
	"slices"
	"sync"

	"cosmossdk.io/math"

	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

// reserveMemo marks a transfer to a vault as a top-up of its fee reserve.
const reserveMemo = "stafi/reserve"

// Books are the harness's own accounts of one contract. What moved on the
// original chain is read from its blocks; what users asked for is written down
// when they ask. Nothing here is taken from what StaFi says of itself.
type Books struct {
	// MinDeposit below which a deposit is dust.
	MinDeposit math.Int
	// StaFiPrefix of the addresses that can receive rTokens.
	StaFiPrefix string

	mu     sync.Mutex
	claims map[string]string
	// delayed are deposits at a vault that was handed over: they pay for their sweep.
	delayed     map[string]bool
	redemptions []Redeemed
	moves       []move
}

// Redeemed is a redemption as its user asked for it.
type Redeemed struct {
	ID        uint64
	Holder    string
	Recipient string
	Amount    math.Int
	Fee       math.Int
	// Refused is what is expected of it: the recipient can't receive.
	Refused bool
}

type move struct {
	from, to string
	amount   math.Int
}

// NewBooks is for a contract of which nothing was used yet.
func NewBooks(minDeposit math.Int, prefix string) *Books {
	return &Books{MinDeposit: minDeposit, StaFiPrefix: prefix, claims: map[string]string{}, delayed: map[string]bool{}}
}

// Claim notes who claims an unmatched deposit.
func (b *Books) Claim(hash string, index uint32, recipient string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claims[depositKey(hash, int(index))] = recipient
}

// Redeem notes a redemption.
func (b *Books) Redeem(redeemed ...Redeemed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.redemptions = append(b.redemptions, redeemed...)
}

// Move notes a transfer of rTokens on StaFi.
func (b *Books) Move(from, to string, amount int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.moves = append(b.moves, move{from, to, math.NewInt(amount)})
}

// Delay notes a deposit that is not minted as it comes, because its vault was handed over: it is swept first, alone.
func (b *Books) Delay(hash string, index int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.delayed[depositKey(hash, index)] = true
}

// Delayed says whether a deposit waited for a sweep or a claim.
func (b *Books) Delayed(hash string, index int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := depositKey(hash, index)
	_, claimed := b.claims[key]
	return claimed || b.delayed[key]
}

// Redemptions that were noted.
func (b *Books) Redemptions() []Redeemed {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.redemptions)
}

func depositKey(hash string, index int) string { return fmt.Sprintf("%s/%d", hash, index) }

// Expected is what both chains must hold, computed from the original chain's blocks and the users' wishes.
type Expected struct {
	// Vaults is each vault's balance on the original chain, by vault id.
	Vaults map[uint64]math.Int
	// Locked is what a vault can't spend, by vault id: it counts for nothing.
	Locked map[uint64]math.Int
	// Holders is each account's rTokens on StaFi.
	Holders map[string]math.Int
	// Payouts is what each recipient of a redemption got on the original chain.
	Payouts                    map[string]math.Int
	Supply, Unminted, Reserve  math.Int
	Deposited, VaultFees, Paid math.Int
}

// Expect works the books out. A vault in discarded never became active: what it got counts for nothing.
func (b *Books) Expect(scan Scan, vaults []multisigtypes.Vault, discarded map[uint64]bool) Expected {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := Expected{
		Vaults: map[uint64]math.Int{}, Locked: map[uint64]math.Int{}, Holders: map[string]math.Int{}, Payouts: map[string]math.Int{},
		Supply: math.ZeroInt(), Unminted: math.ZeroInt(), Reserve: math.ZeroInt(),
		Deposited: math.ZeroInt(), VaultFees: math.ZeroInt(), Paid: math.ZeroInt(),
	}
	byAddress := map[string]uint64{}
	for _, vault := range vaults {
		byAddress[vault.Address] = vault.Id
		e.Vaults[vault.Id] = math.ZeroInt()
	}
	for _, transfer := range scan.Transfers {
		b.transfer(&e, transfer, byAddress, discarded)
		if b.delayed[depositKey(transfer.TxHash, transfer.Index)] {
			b.toll(&e, transfer, scan)
		}
	}
	for _, execution := range scan.Executions {
		if id, ours := byAddress[execution.Sender]; ours {
			e.Vaults[id] = e.Vaults[id].Sub(execution.Fee)
			e.Reserve = e.Reserve.Sub(execution.Fee)
			e.VaultFees = e.VaultFees.Add(execution.Fee)
		}
	}
	for _, move := range b.moves {
		add(e.Holders, move.from, move.amount.Neg())
		add(e.Holders, move.to, move.amount)
	}
	for _, redeemed := range b.redemptions {
		e.redeem(redeemed, scan, byAddress)
	}
	return e
}

func (b *Books) transfer(e *Expected, transfer Transfer, vaults map[string]uint64, discarded map[uint64]bool) {
	source, fromVault := vaults[transfer.From]
	target, toVault := vaults[transfer.To]
	if fromVault {
		e.Vaults[source] = e.Vaults[source].Sub(transfer.Amount)
	}
	if toVault {
		e.Vaults[target] = e.Vaults[target].Add(transfer.Amount)
	}
	if toVault && transfer.Locked {
		e.Locked[target] = transfer.Amount
		return
	}
	if toVault && !fromVault && !discarded[target] {
		b.inflow(e, transfer)
	}
}

// toll applies protocol §8 to a late deposit: the first transaction of its vault after it that succeeds moved it on, and its fee is the deposit's.
func (b *Books) toll(e *Expected, deposit Transfer, scan Scan) {
	for _, execution := range scan.Executions {
		if execution.Sender != deposit.To || execution.Height < deposit.Height || execution.Code != 0 {
			continue
		}
		add(e.Holders, b.recipient(deposit), execution.Fee.Neg())
		e.Supply = e.Supply.Sub(execution.Fee)
		e.Reserve = e.Reserve.Add(execution.Fee)
		return
	}
}

// inflow applies protocol §8's rules for what comes from outside.
func (b *Books) inflow(e *Expected, transfer Transfer) {
	recipient := b.recipient(transfer)
	switch {
	case transfer.Nested(), transfer.Memo == reserveMemo, transfer.Amount.LT(b.MinDeposit):
		e.Reserve = e.Reserve.Add(transfer.Amount)
	case recipient == "":
		e.Unminted = e.Unminted.Add(transfer.Amount)
		e.Deposited = e.Deposited.Add(transfer.Amount)
	default:
		add(e.Holders, recipient, transfer.Amount)
		e.Supply = e.Supply.Add(transfer.Amount)
		e.Deposited = e.Deposited.Add(transfer.Amount)
	}
}

func (b *Books) recipient(transfer Transfer) string {
	if claimed, ok := b.claims[depositKey(transfer.TxHash, transfer.Index)]; ok {
		return claimed
	}
	if prefix, _, err := decodeBech32(transfer.Memo); err != nil || prefix != b.StaFiPrefix {
		return ""
	}
	return transfer.Memo
}

// redeem applies protocol §9: a paid redemption burns all of its rTokens and its fee joins the reserve; a refused one burns
// the fees of the failed transactions that it was in.
func (e *Expected) redeem(redeemed Redeemed, scan Scan, vaults map[string]uint64) {
	add(e.Holders, redeemed.Holder, redeemed.Amount.Neg())
	if !redeemed.Refused {
		payout := redeemed.Amount.Sub(redeemed.Fee)
		add(e.Payouts, redeemed.Recipient, payout)
		e.Paid = e.Paid.Add(payout)
		e.Supply = e.Supply.Sub(redeemed.Amount)
		e.Reserve = e.Reserve.Add(redeemed.Fee)
		return
	}
	burned := burnedFees(redeemed.Recipient, scan, vaults)
	add(e.Holders, redeemed.Holder, redeemed.Amount.Sub(burned))
	e.Supply = e.Supply.Sub(burned)
	e.Reserve = e.Reserve.Add(burned)
}

// burnedFees are the fees of failed payouts that named the recipient: it failed alone, so the failures were its own.
func burnedFees(recipient string, scan Scan, vaults map[string]uint64) math.Int {
	burned := math.ZeroInt()
	for _, execution := range scan.Executions {
		_, ours := vaults[execution.Sender]
		for _, named := range execution.Recipients {
			if ours && execution.Code != 0 && named == recipient {
				burned = burned.Add(execution.Fee)
			}
		}
	}
	return burned
}

func add(sums map[string]math.Int, key string, amount math.Int) {
	sum, ok := sums[key]
	if !ok {
		sum = math.ZeroInt()
	}
	sums[key] = sum.Add(amount)
}
