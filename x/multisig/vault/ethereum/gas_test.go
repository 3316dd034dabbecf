package ethereum

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"
)

func owners(from, n int, threshold uint32) Owners {
	o := Owners{Threshold: threshold}
	for i := range n {
		o.List = append(o.List, common.BigToAddress(new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 160), big.NewInt(int64(1+from+i)))))
	}
	return o
}

// The dearest transactions are those whose calldata has no zero byte; what Cost says is never less than what is signed.
func TestACostBoundsEverySafeTxOfItsKind(t *testing.T) {
	safe, full := common.HexToAddress("0xffffffffffffffffffffffffffffffffffff0001"), new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 250), big.NewInt(1))
	for _, c := range []struct {
		size, next, outputs int
		threshold           uint32
	}{{1, 0, 1, 1}, {4, 0, 1, 3}, {4, 0, 10, 3}, {21, 0, 200, 15}, {100, 0, 100, 100}, {1, 2, 0, 1}, {4, 4, 0, 3}, {21, 21, 0, 15}, {3, 21, 0, 2}, {100, 100, 0, 70}} {
		p := Payload{ChainNumber: 1, Safe: safe, MultiSend: Canonical().MultiSend, Owners: owners(0, c.size, c.threshold)}
		cost := PayoutCost(c.outputs, c.threshold)
		for i := range c.outputs {
			p.Outputs = append(p.Outputs, Output{To: owners(1000+i, 1, 1).List[0], Amount: new(big.Int).Rsh(full, 8)})
		}
		if c.next > 0 {
			next := owners(500, c.next, 1)
			p.Next, cost = &next, HandoverCost(max(c.size, c.next)+1, c.threshold)
		}
		const price = 1_000_000_007
		p.Gas, p.Fee = cost.Gas, new(big.Int).Mul(new(big.Int).SetUint64(cost.Refunded), big.NewInt(price))
		tx, err := p.SafeTx()
		require.NoError(t, err, c)
		refunded := tx.BaseGas.Uint64() + p.Gas + executeOverhead
		require.LessOrEqual(t, refunded, cost.Refunded, c)
		require.Greater(t, refunded*12/10+20_000, cost.Refunded, "the bound is not far off: %+v", c)
		require.LessOrEqual(t, tx.GasLimit(), cost.Limit, c)
		require.GreaterOrEqual(t, tx.GasPrice.Int64(), int64(price), "the sender is refunded at the contract's price at least: %+v", c)
	}
}
