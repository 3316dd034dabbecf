package ethereumlife

import (
	"math/big"

	"github.com/ethereum/go-ethereum/params"

	"github.com/stafiprotocol/stafid/scripts/e2e"
)

const (
	// validators of the StaFi network: a committee of four, and as many who rest.
	validators = 8

	committeeSize      = 4
	committeeThreshold = 3
	// longEra is an era's length in slots once the first committee serves: long enough for some payouts after one another, each waiting for finality.
	longEra = 200
	// maxObservationLag in blocks is two epochs.
	maxObservationLag = 16
)

// The contract's figures in wei.
var (
	minDeposit    = milliether(10)
	redemptionFee = milliether(5)
	reserveMin    = milliether(100)
	maxAssets     = milliether(10_000_000)
	// refundPrice per gas is the most that the Safe refunds: 20 gwei.
	refundPrice = gwei(20)
)

// What users send, in wei: no round figures where rounding could hide.
var (
	reserveTopUp  = milliether(1_000)
	firstDeposit  = odd(milliether(5_000))
	secondDeposit = odd(milliether(2_500))
	plainPayment  = odd(milliether(300))
	brokenDeposit = odd(milliether(200))
	dustDeposit   = new(big.Int).Sub(minDeposit, big.NewInt(1))
	forcedEther   = odd(milliether(20))
	// togetherDeposits are made in one transaction.
	togetherDeposits = []*big.Int{odd(milliether(100)), odd(milliether(200)), odd(milliether(300))}

	firstRedeem = odd(milliether(400))
	lastRedeem  = odd(milliether(700))
	crowdAmount = odd(milliether(50))

	// funderFunds is what each relayer's funder has at genesis.
	funderFunds = milliether(10_000)
)

const (
	crowdSize = 10
	// finalLimit is what a block may take to be final, observed and applied: 25 blocks of StaFi where slots are as long as those.
	finalLimit e2e.Blocks = 300
	// paidLimit is a payout's: signed, sent, mined, final.
	paidLimit e2e.Blocks = 400
)

func milliether(amount int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(amount), big.NewInt(params.Ether/1000))
}

func gwei(amount int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(amount), big.NewInt(params.GWei))
}

// odd adds digits down to the wei.
func odd(amount *big.Int) *big.Int { return new(big.Int).Add(amount, big.NewInt(123_456_789_012_347)) }
