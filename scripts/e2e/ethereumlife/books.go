package ethereumlife

import (
	"fmt"
	"math/big"
	"slices"
	"sync"

	"github.com/ethereum/go-ethereum/common"

	"github.com/cosmos/cosmos-sdk/types/bech32"
)

// Books are the harness's own accounts of the contract. What moved on the Ethereum network is read from its blocks; what users asked for is
// written down when they ask. Nothing here is taken from what StaFi says of itself.
type Books struct {
	mu          sync.Mutex
	claims      map[string]string
	redemptions []Redeemed
	forced      *big.Int
}

// Redeemed is a redemption as its user asked for it.
type Redeemed struct {
	ID        uint64
	Holder    string
	Recipient common.Address
	Amount    *big.Int
	// Refused is what is expected of it: the recipient can't receive.
	Refused bool
}

// NewBooks is for a contract of which nothing was used yet.
func NewBooks() *Books { return &Books{claims: map[string]string{}, forced: new(big.Int)} }

// Claim notes who claims an unmatched deposit.
func (b *Books) Claim(hash common.Hash, index uint32, recipient string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.claims[depositKey(hash, index)] = recipient
}

// Redeem notes a redemption.
func (b *Books) Redeem(redeemed Redeemed) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.redemptions = append(b.redemptions, redeemed)
}

// Force notes ether that the Safe got without a call.
func (b *Books) Force(amount *big.Int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.forced.Add(b.forced, amount)
}

func depositKey(hash common.Hash, index uint32) string { return fmt.Sprintf("%s/%d", hash, index) }

// Expected is what both chains must hold, computed from geth's blocks and the users' wishes, in wei.
type Expected struct {
	// Safe is its balance.
	Safe *big.Int
	// Holders is each account's rwei on StaFi; Payouts what each recipient of a redemption got.
	Holders map[string]*big.Int
	Payouts map[common.Address]*big.Int
	// Refunded is what the Safe refunded to each sender.
	Refunded                                           map[common.Address]*big.Int
	Supply, Unminted, Reserve, Deposited, Paid, Refund *big.Int
}

// Expect works the books out.
func (b *Books) Expect(scan Scan) Expected {
	b.mu.Lock()
	defer b.mu.Unlock()
	e := Expected{
		Safe: new(big.Int), Supply: new(big.Int), Unminted: new(big.Int), Reserve: new(big.Int),
		Deposited: new(big.Int), Paid: new(big.Int), Refund: new(big.Int),
		Holders: map[string]*big.Int{}, Payouts: map[common.Address]*big.Int{}, Refunded: map[common.Address]*big.Int{},
	}
	for _, inflow := range scan.Inflows {
		b.inflow(&e, inflow)
	}
	e.Safe.Add(e.Safe, b.forced)
	e.Reserve.Add(e.Reserve, b.forced)
	for _, execution := range scan.Executions {
		e.Safe.Sub(e.Safe, execution.Refund)
		e.Reserve.Sub(e.Reserve, execution.Refund)
		e.Refund.Add(e.Refund, execution.Refund)
		add(e.Refunded, execution.Sender, execution.Refund)
	}
	for _, redeemed := range b.redemptions {
		e.redeem(redeemed, scan)
	}
	return e
}

// inflow applies protocol §8's rules for what comes from outside.
func (b *Books) inflow(e *Expected, inflow Inflow) {
	e.Safe.Add(e.Safe, inflow.Amount)
	if inflow.Recipient == reserveRecipient || inflow.Amount.Cmp(minDeposit) < 0 {
		e.Reserve.Add(e.Reserve, inflow.Amount)
		return
	}
	e.Deposited.Add(e.Deposited, inflow.Amount)
	recipient := b.recipient(inflow)
	if recipient == "" {
		e.Unminted.Add(e.Unminted, inflow.Amount)
		return
	}
	add(e.Holders, recipient, inflow.Amount)
	e.Supply.Add(e.Supply, inflow.Amount)
}

func (b *Books) recipient(inflow Inflow) string {
	if claimed, ok := b.claims[depositKey(inflow.TxHash, inflow.Index)]; ok {
		return claimed
	}
	if prefix, _, err := bech32.DecodeAndConvert(inflow.Recipient); err != nil || prefix != "stafi" {
		return ""
	}
	return inflow.Recipient
}

// redeem applies protocol §9: a paid redemption burns all of its rTokens and its fee joins the reserve; a refused one burns the refunds of the
// failed payouts that it was in.
func (e *Expected) redeem(redeemed Redeemed, scan Scan) {
	burned := redeemed.Amount
	gained := redemptionFee
	if redeemed.Refused {
		burned = failedRefunds(redeemed.Recipient, scan)
		gained = burned
	} else {
		payout := new(big.Int).Sub(redeemed.Amount, redemptionFee)
		add(e.Payouts, redeemed.Recipient, payout)
		e.Paid.Add(e.Paid, payout)
		e.Safe.Sub(e.Safe, payout)
	}
	add(e.Holders, redeemed.Holder, new(big.Int).Neg(burned))
	e.Supply.Sub(e.Supply, burned)
	e.Reserve.Add(e.Reserve, gained)
}

// failedRefunds are the refunds of failed payouts that named the recipient: it failed alone, so the failures were its own.
func failedRefunds(recipient common.Address, scan Scan) *big.Int {
	total := new(big.Int)
	for _, execution := range scan.Executions {
		if !execution.Success && slices.Contains(execution.Recipients, recipient) {
			total.Add(total, execution.Refund)
		}
	}
	return total
}

func add[K comparable](sums map[K]*big.Int, key K, amount *big.Int) {
	if sums[key] == nil {
		sums[key] = new(big.Int)
	}
	sums[key].Add(sums[key], amount)
}
