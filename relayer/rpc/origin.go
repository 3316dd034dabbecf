package rpc

import (
	"context"
	"fmt"
	"sync"

	cmttypes "github.com/cometbft/cometbft/types"
	lru "github.com/hashicorp/golang-lru/v2"
	"golang.org/x/sync/singleflight"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/rpcapi"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
)

const (
	// maxProofs bounds the proofs that are remembered, maxProvenTx the transaction that one may carry, in bytes.
	maxProofs   = 256
	maxProvenTx = 128 << 10
	// maxFetches bounds the blocks of original chains that are fetched at once for callers.
	maxFetches = 2
)

// originFacts are what light clients prove for callers. What is dear to prove is proven once for all who ask.
type originFacts struct {
	client func(chainID string) lightclient.Client
	proofs *lru.Cache[string, *rpcapi.OriginProof]
	flight singleflight.Group
	slots  chan struct{}

	mu       sync.Mutex
	balances map[uint64]provenBalances
}

// provenBalances of a contract's vaults at a height of the original chain.
type provenBalances struct {
	height int64
	vaults string
	list   []rpcapi.VaultBalance
}

func newOriginFacts(client func(string) lightclient.Client) *originFacts {
	proofs, err := lru.New[string, *rpcapi.OriginProof](maxProofs)
	if err != nil {
		panic(err) // of a size that is not positive
	}
	return &originFacts{client: client, proofs: proofs, slots: make(chan struct{}, maxFetches), balances: map[uint64]provenBalances{}}
}

// follow returns the light client of a chain and its head.
func (o *originFacts) follow(chainID string) (lightclient.Client, lightclient.Header, error) {
	client := o.client(chainID)
	if client == nil {
		return nil, lightclient.Header{}, status.Errorf(codes.Unavailable, "no light client of %s", chainID)
	}
	if state := client.Status().State; state != lightclient.Active {
		return nil, lightclient.Header{}, status.Errorf(codes.Unavailable, "light client of %s is %s, want %s", chainID, state, lightclient.Active)
	}
	head, err := client.Head()
	if err != nil {
		return nil, lightclient.Header{}, status.Errorf(codes.Unavailable, "light client of %s: %v", chainID, err)
	}
	return client, head, nil
}

// proof of a transaction in the block at a height; NotFound where the block, which is proven whole, does not have it.
func (o *originFacts) proof(ctx context.Context, chainID string, height int64, hash [32]byte) (*rpcapi.OriginProof, error) {
	key := fmt.Sprintf("%s/%d/%X", chainID, height, hash)
	if known, ok := o.proofs.Get(key); ok {
		return known, nil
	}
	client, head, err := o.follow(chainID)
	if err != nil {
		return nil, err
	}
	if observe.EthereumView(client) != nil {
		return nil, status.Errorf(codes.Unimplemented, "no proofs of %s are made here: any of its nodes makes them (eth_getBlockReceipts, eth_getProof)", chainID)
	}
	if height < 1 || height >= head.Height {
		return nil, status.Errorf(codes.OutOfRange, "block %d of %s, want from 1 to below the proven head, %d", height, chainID, head.Height)
	}
	proven, err, _ := o.flight.Do(key, func() (any, error) { return o.prove(ctx, client, height, hash) })
	if err != nil {
		return nil, err
	}
	proof := proven.(*rpcapi.OriginProof)
	o.proofs.Add(key, proof)
	return proof, nil
}

func (o *originFacts) prove(ctx context.Context, client lightclient.Client, height int64, hash [32]byte) (*rpcapi.OriginProof, error) {
	select {
	case o.slots <- struct{}{}:
		defer func() { <-o.slots }()
	case <-ctx.Done():
		return nil, status.FromContextError(ctx.Err()).Err()
	}
	block, err := client.VerifiedBlock(ctx, height)
	if err != nil {
		return nil, status.Errorf(codes.Unavailable, "block %d of %s: %v", height, client.ChainID(), err)
	}
	return inclusion(block, hash)
}

// inclusion is the Merkle path of a transaction of a verified block.
func inclusion(block *lightclient.Block, hash [32]byte) (*rpcapi.OriginProof, error) {
	txs, at := make(cmttypes.Txs, len(block.Txs)), -1
	for i, tx := range block.Txs {
		txs[i] = tx.Bytes
		if tx.Hash == hash {
			at = i
		}
	}
	if at < 0 {
		return nil, status.Errorf(codes.NotFound, "block %d of %s has %d transactions, none is %X", block.Height, block.ChainID, len(txs), hash)
	}
	if size := len(txs[at]); size > maxProvenTx {
		return nil, status.Errorf(codes.ResourceExhausted, "transaction has %d bytes, want at most %d", size, maxProvenTx)
	}
	path := txs.Proof(at)
	return &rpcapi.OriginProof{
		ChainId: block.ChainID, Height: block.Height, BlockHash: block.Hash[:], DataHash: path.RootHash, Tx: txs[at],
		Index: path.Proof.Index, Total: path.Proof.Total, Aunts: path.Proof.Aunts, Code: block.Txs[at].Code, Source: rpcapi.Source_SOURCE_LIGHT_CLIENT,
	}, nil
}

// vaultBalances are what a contract's vaults that are not CLOSED hold, as proven at the newest height at which state can be. The answer for a
// height is proven once.
func (o *originFacts) vaultBalances(ctx context.Context, contract stafi.Contract) ([]rpcapi.VaultBalance, error) {
	client, head, err := o.follow(contract.ChainId)
	if err != nil {
		return nil, err
	}
	open, names := openVaults(contract)
	height := int64(observe.Provable(client, uint64(head.Height)))
	if known, ok := o.knownBalances(contract.Id, names, height); ok {
		return known, nil
	}
	key := fmt.Sprintf("balances/%d/%s/%d", contract.Id, names, height)
	proven, err, _ := o.flight.Do(key, func() (any, error) { return proveBalances(ctx, client, contract, open, height) })
	if err != nil {
		return nil, status.Errorf(codes.Unavailable, "balances on %s at %d: %v", contract.ChainId, height, err)
	}
	list := proven.([]rpcapi.VaultBalance)
	o.mu.Lock()
	o.balances[contract.Id] = provenBalances{height: height, vaults: names, list: list}
	o.mu.Unlock()
	return list, nil
}

// openVaults are those that are not CLOSED, but for one that waits to take another's account over: it holds nothing yet.
func openVaults(contract stafi.Contract) (open []multisigtypes.Vault, names string) {
	for _, generation := range contract.Generations {
		waits := generation.Vault.Succeeds != 0 && generation.Vault.Status == multisigtypes.VAULT_STATUS_PENDING
		if generation.Vault.Status != multisigtypes.VAULT_STATUS_CLOSED && !waits {
			open = append(open, generation.Vault)
			names += fmt.Sprintf("%d,", generation.Vault.Id)
		}
	}
	return open, names
}

// freshEnough is for how many blocks of the original chain proven balances are given again.
const freshEnough = 5

func (o *originFacts) knownBalances(contract uint64, vaults string, height int64) ([]rpcapi.VaultBalance, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	known := o.balances[contract]
	return known.list, known.list != nil && known.vaults == vaults && height < known.height+freshEnough
}

func proveBalances(
	ctx context.Context, client lightclient.Client, contract stafi.Contract, vaults []multisigtypes.Vault, height int64,
) ([]rpcapi.VaultBalance, error) {
	list := make([]rpcapi.VaultBalance, 0, len(vaults))
	for _, vault := range vaults {
		balance, err := observe.Balance(ctx, client, contract.Contract, vault.Address, uint64(height))
		if err != nil {
			return nil, err
		}
		list = append(list, rpcapi.VaultBalance{Vault: vault.Id, Address: vault.Address, Balance: balance, OriginHeight: height})
	}
	return list, nil
}
