//go:build ethereum

package ethereum

import (
	"bytes"
	"context"
	"math/big"
	"slices"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/stafiprotocol/stafid/contracts/ethereum/deposit"
	lightethereum "github.com/stafiprotocol/stafid/lightclient/ethereum"
	"github.com/stafiprotocol/stafid/lightclient/ethereum/execution"
	"github.com/stafiprotocol/stafid/scripts/e2e"
	vault "github.com/stafiprotocol/stafid/x/multisig/vault/ethereum"
)

const (
	recipient = "stafi1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnrujsuw"
	callGas   = 1_500_000
)

// payment is a deposit as the execution client tells it, unproven.
type payment struct {
	contract common.Address
	tx       common.Hash
	amount   *big.Int
	block    uint64
	index    uint64
	hash     common.Hash // of the block
}

// pay deploys a deposit contract for the purse and deposits in it.
func (r *run) pay() payment {
	r.Helper()
	source, err := lightethereum.NewHTTPExecution(r.peers.Execution, 0)
	require.NoError(r, err)
	amount := new(big.Int).Mul(big.NewInt(3), big.NewInt(params.Ether))
	p := payment{contract: crypto.CreateAddress(Address(0), 0), amount: amount}
	r.send(source, 0, nil, new(big.Int), deposit.CreationCode(Purse))
	p.tx = r.send(source, 1, &p.contract, amount, deposit.Calldata([]byte(recipient)))
	type mined struct {
		Status hexutil.Uint64 `json:"status"`
		Number hexutil.Uint64 `json:"blockNumber"`
		Index  hexutil.Uint64 `json:"transactionIndex"`
		Hash   common.Hash    `json:"blockHash"`
	}
	receipt, err := e2e.AwaitFor(r.ctx, "the deposit's receipt", startLimit, func(ctx context.Context) (*mined, bool, error) {
		var found *mined
		err := Call(ctx, r.peers.Execution, &found, "eth_getTransactionReceipt", p.tx)
		return found, found != nil, err
	})
	require.NoError(r, err)
	require.EqualValues(r, 1, receipt.Status)
	p.block, p.index, p.hash = uint64(receipt.Number), uint64(receipt.Index), receipt.Hash
	return p
}

func (r *run) send(source *lightethereum.HTTPExecution, nonce uint64, to *common.Address, value *big.Int, data []byte) common.Hash {
	r.Helper()
	tx := types.MustSignNewTx(Key(0), types.LatestSignerForChainID(big.NewInt(ChainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(ChainID), Nonce: nonce, To: to, Value: value, Data: data, Gas: callGas,
		GasTipCap: big.NewInt(params.GWei), GasFeeCap: big.NewInt(10 * params.GWei),
	})
	raw, err := tx.MarshalBinary()
	require.NoError(r, err)
	require.NoError(r, source.SendTransaction(r.ctx, raw))
	return tx.Hash()
}

// proveDeposit checks the deposit by a proof of its one receipt and by the whole
// block, and that no changed byte of the proof is taken.
func (r *run) proveDeposit(p payment) {
	r.Helper()
	ctx := r.ctx
	source, err := lightethereum.NewHTTPExecution(r.peers.Execution, 0)
	require.NoError(r, err)
	transactions, err := source.Transactions(ctx, p.hash)
	require.NoError(r, err)
	receipts, err := source.Receipts(ctx, p.hash)
	require.NoError(r, err)
	proof := execution.Inclusion{Index: p.index}
	proof.Transaction, err = transactions.Prove(p.index)
	require.NoError(r, err)
	proof.Receipt, err = receipts.Prove(p.index)
	require.NoError(r, err)

	began := time.Now()
	receipt, err := r.client.VerifyInclusion(ctx, p.block, proof)
	require.NoError(r, err)
	r.Logf("deposit in block %d proven in %s", p.block, time.Since(began))
	require.Equal(r, p.tx, receipt.TxHash)
	log, err := receipt.Log(0)
	require.NoError(r, err)
	found, err := execution.ParseDeposit(log, p.contract)
	require.NoError(r, err)
	require.Equal(r, &execution.Deposit{Sender: Address(0), Recipient: []byte(recipient), Amount: uint256.MustFromBig(p.amount)}, found)

	filter := execution.Filter{Addresses: []common.Address{p.contract}, Events: []common.Hash{execution.DepositEvent}}
	events, err := r.client.Events(ctx, p.block, filter)
	require.NoError(r, err)
	require.Len(r, events, 1)
	require.Equal(r, p.tx, events[0].TxHash)

	for name, path := range map[string]*execution.Path{"transaction": &proof.Transaction, "receipt": &proof.Receipt} {
		honest := *path
		for node := range honest {
			*path = tampered(honest, node)
			_, err = r.client.VerifyInclusion(ctx, p.block, proof)
			require.ErrorIs(r, err, execution.ErrNode, "%s, node %d", name, node)
		}
		*path = honest
	}
}

// proveBalance checks the purse's balance and the deposit contract's account by
// eth_getProof, and that a changed proof is not taken.
func (r *run) proveBalance(p payment) {
	r.Helper()
	ctx := r.ctx
	purse, _, err := r.client.AccountAt(ctx, p.block, Purse)
	require.NoError(r, err)
	require.Equal(r, uint256.MustFromBig(p.amount), purse.Balance)
	contract, _, err := r.client.AccountAt(ctx, p.block, p.contract)
	require.NoError(r, err)
	require.Equal(r, crypto.Keccak256Hash(deposit.RuntimeCode(Purse)), contract.CodeHash)
	factory, _, err := r.client.AccountAt(ctx, p.block, vault.SingletonFactory)
	require.NoError(r, err)
	require.Equal(r, crypto.Keccak256Hash(vault.SingletonFactoryCode), factory.CodeHash)
	nobody, _, err := r.client.AccountAt(ctx, p.block, common.Address{0xde, 0xad})
	require.NoError(r, err)
	require.False(r, nobody.Exists)

	header, err := r.client.HeaderAt(ctx, p.block)
	require.NoError(r, err)
	source, err := lightethereum.NewHTTPExecution(r.peers.Execution, 0)
	require.NoError(r, err)
	proof, err := source.Proof(ctx, header.Hash, Purse, nil)
	require.NoError(r, err)
	for node := range proof.Account {
		_, err = header.VerifyAccount(Purse, tampered(proof.Account, node))
		require.ErrorIs(r, err, execution.ErrNode, "node %d", node)
	}
}

// tampered is a path with the last byte of one node changed.
func tampered(path execution.Path, node int) execution.Path {
	changed := slices.Clone(path)
	changed[node] = bytes.Clone(path[node])
	changed[node][len(changed[node])-1] ^= 1
	return changed
}
