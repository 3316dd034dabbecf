package rpc

import (
	"context"
	"crypto/sha256"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	cometdb "github.com/cometbft/cometbft-db"
	abci "github.com/cometbft/cometbft/abci/types"
	cmtbytes "github.com/cometbft/cometbft/libs/bytes"
	rpcclient "github.com/cometbft/cometbft/rpc/client"
	ctypes "github.com/cometbft/cometbft/rpc/core/types"
	dbm "github.com/cosmos/cosmos-db"
	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"

	"cosmossdk.io/log/v2"
	"cosmossdk.io/math"

	"github.com/cosmos/cosmos-sdk/crypto/keys/secp256k1"
	"github.com/cosmos/cosmos-sdk/store/v2"
	storetypes "github.com/cosmos/cosmos-sdk/store/v2/types"
	sdk "github.com/cosmos/cosmos-sdk/types"

	"github.com/stafiprotocol/stafid/lightclient"
	"github.com/stafiprotocol/stafid/relayer/journal"
	"github.com/stafiprotocol/stafid/relayer/observe"
	"github.com/stafiprotocol/stafid/relayer/stafi"
	multisigtypes "github.com/stafiprotocol/stafid/x/multisig/types"
	ssvtypes "github.com/stafiprotocol/stafid/x/ssv/types"
	"github.com/stafiprotocol/stafid/x/stakingcontract/receipt"
	contracttypes "github.com/stafiprotocol/stafid/x/stakingcontract/types"
)

const (
	chainID = "stafi-test-1"
	origin  = "cosmoshub-4"
	remote  = "192.0.2.7:4711"
)

func TestMain(m *testing.M) {
	sdk.GetConfig().SetBech32PrefixForAccount("stafi", "stafipub")
	sdk.GetConfig().SetBech32PrefixForValidator("stafivaloper", "stafivaloperpub")
	os.Exit(m.Run())
}

var (
	operator = sdk.ValAddress(strings.Repeat("o", 20))
	epoch    = time.Unix(1_700_000_000, 0).UTC()
	vault    = multisigtypes.Vault{Id: 3, Address: text("cosmos", "vault"), Status: multisigtypes.VAULT_STATUS_ACTIVE}
)

func text(prefix, name string) string {
	digest := sha256.Sum256([]byte(name))
	address, err := sdk.Bech32ifyAddressBytes(prefix, digest[:20])
	if err != nil {
		panic(err)
	}
	return address
}

// world is a member's view of both chains, as much of it as the service asks for.
type world struct {
	t      *testing.T
	clock  time.Time
	view   stafi.View
	serves bool
	node   *stafi.Node
	client *fakeClient
	disk   *fallibleDB

	mu       sync.Mutex
	poor     map[string]bool
	asked    int
	down     bool
	info     contracttypes.ContractInfo
	deposits map[string]contracttypes.Deposit
	store    storetypes.CommitMultiStore
	key      *storetypes.KVStoreKey
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{
		t: t, clock: epoch, serves: true, poor: map[string]bool{}, deposits: map[string]contracttypes.Deposit{},
		disk: &fallibleDB{MemDB: cometdb.NewMemDB()},
	}
	contract := contracttypes.Contract{
		Id: 1, ChainId: origin, Kind: multisigtypes.CHAIN_KIND_COSMOS, Denom: "uatom", RtokenDenom: "ruatom",
		Cosmos: &contracttypes.CosmosChain{Bech32Prefix: "cosmos"},
		Limits: contracttypes.Limits{MinDeposit: math.NewInt(1000), MinClientBalance: math.NewInt(100)},
	}
	state := contracttypes.ContractState{Contract: 1, ActiveVault: 3, ObservedHeight: 40, Reserve: math.ZeroInt()}
	w.view = stafi.View{
		Moment: stafi.Moment{Height: 9, Time: epoch}, Operator: operator.String(),
		Era:       ssvtypes.Era{Number: 7, StartTime: epoch, EndTime: epoch.Add(time.Hour)},
		Contracts: []stafi.Contract{{Contract: contract, State: state, Generations: []observe.Generation{{Vault: vault}}}},
	}
	w.view.Observing.MaxCallsPerClient = 1000
	w.info = contracttypes.ContractInfo{Contract: contract, State: state, DepositAddress: vault.Address, DepositsOpen: true}
	w.client = &fakeClient{state: lightclient.Active, head: 50, balance: math.NewInt(777), blocks: map[int64]*lightclient.Block{}}
	w.openStore()
	w.connect()
	return w
}

// openStore makes a real store of x/stakingcontract, so that proofs are real.
func (w *world) openStore() {
	w.key = storetypes.NewKVStoreKey(contracttypes.StoreKey)
	w.store = store.NewCommitMultiStore(dbm.NewMemDB(), log.NewNopLogger())
	w.store.MountStoreWithDB(w.key, storetypes.StoreTypeIAVL, nil)
	w.store.MountStoreWithDB(storetypes.NewKVStoreKey("other"), storetypes.StoreTypeIAVL, nil)
	require.NoError(w.t, w.store.LoadLatestVersion())
}

func (w *world) connect() {
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.ForceServerCodec(stafi.NewCodec().GRPCCodec()))
	contracttypes.RegisterQueryServer(server, fakeContracts{w: w})
	go func() { _ = server.Serve(listener) }()
	w.t.Cleanup(server.Stop)
	conn, err := grpc.NewClient("passthrough:///fake", stafi.CodecOption(), grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }))
	require.NoError(w.t, err)
	w.t.Cleanup(func() { _ = conn.Close() })
	w.node = stafi.NewNode(chainID, fakeRPC{w: w}, conn)
}

func (w *world) deps() Deps {
	return Deps{
		Node: w.node, View: func() (stafi.View, error) { return w.view, nil },
		Serves: func(_ stafi.View, contract uint64) bool { return w.serves && contract == 1 },
		Client: func(chain string) lightclient.Client {
			if chain != origin {
				return nil
			}
			return w.client
		},
		Clients: func() []lightclient.Client { return []lightclient.Client{w.client} },
		Version: "test",
	}
}

func (w *world) receipts(limit int) *Receipts {
	w.t.Helper()
	memory, err := journal.New(w.disk, journal.Owner{ChainID: chainID, Submitter: "submitter"})
	require.NoError(w.t, err)
	kept, err := OpenReceipts(memory, limit)
	require.NoError(w.t, err)
	return kept
}

func config() Config {
	cfg := DefaultConfig()
	cfg.Listen = "127.0.0.1:0"
	return cfg
}

func scope() Scope { return Scope{Era: 7, Contract: 1, Operator: operator.String()} }

func key(name string) *secp256k1.PrivKey { return secp256k1.GenPrivKeyFromSecret([]byte(name)) }

func body(calls uint64) receipt.Body {
	return receipt.Body{ChainID: chainID, Contract: 1, Era: 7, Operator: operator, Calls: calls}
}

func sign(t require.TestingT, name string, b receipt.Body) receipt.Receipt {
	signed, err := receipt.Sign(b, key(name).PubKey().Bytes(), key(name).Sign)
	require.NoError(t, err)
	return signed
}

func encoded(t require.TestingT, name string, b receipt.Body) string {
	text, err := sign(t, name, b).Encode()
	require.NoError(t, err)
	return text
}

// fallibleDB is a disk whose writes fail while it is broken.
type fallibleDB struct {
	*cometdb.MemDB
	mu     sync.Mutex
	broken error
	writes int
}

func (d *fallibleDB) NewBatch() cometdb.Batch {
	return &fallibleBatch{Batch: d.MemDB.NewBatch(), disk: d}
}

type fallibleBatch struct {
	cometdb.Batch
	disk *fallibleDB
}

func (b *fallibleBatch) WriteSync() error {
	b.disk.mu.Lock()
	defer b.disk.mu.Unlock()
	b.disk.writes++
	if b.disk.broken != nil {
		return b.disk.broken
	}
	return b.Batch.WriteSync()
}

type fakeContracts struct {
	*contracttypes.UnimplementedQueryServer
	w *world
}

func (q fakeContracts) Client(_ context.Context, req *contracttypes.QueryClientRequest) (*contracttypes.QueryClientResponse, error) {
	q.w.mu.Lock()
	defer q.w.mu.Unlock()
	q.w.asked++
	if q.w.down {
		return nil, status.Error(codes.Unavailable, "down")
	}
	answer := &contracttypes.QueryClientResponse{Era: 7, Wanted: math.NewInt(100), Held: math.NewInt(100), Counts: true, MaxCalls: 1000}
	if q.w.poor[req.Client] {
		answer.Held, answer.Counts = math.NewInt(99), false
	}
	return answer, nil
}

func (q fakeContracts) Contract(context.Context, *contracttypes.QueryContractRequest) (*contracttypes.QueryContractResponse, error) {
	return &contracttypes.QueryContractResponse{Info: q.w.info}, nil
}

func (q fakeContracts) Deposit(_ context.Context, req *contracttypes.QueryDepositRequest) (*contracttypes.QueryDepositResponse, error) {
	deposit, found := q.w.deposits[req.TxHash]
	if !found {
		return nil, status.Error(codes.NotFound, "no such deposit")
	}
	return &contracttypes.QueryDepositResponse{Deposit: deposit}, nil
}

func (q fakeContracts) Redemption(_ context.Context, req *contracttypes.QueryRedemptionRequest) (*contracttypes.QueryRedemptionResponse, error) {
	if req.Id != 9 {
		return nil, status.Error(codes.NotFound, "no such redemption")
	}
	return &contracttypes.QueryRedemptionResponse{Info: contracttypes.RedemptionInfo{Redemption: redemption()}}, nil
}

func (q fakeContracts) Solvency(context.Context, *contracttypes.QuerySolvencyRequest) (*contracttypes.QuerySolvencyResponse, error) {
	zero := math.ZeroInt()
	return &contracttypes.QuerySolvencyResponse{
		Supply: math.NewInt(700), Escrow: zero, Unminted: zero, Balances: math.NewInt(777), Reserve: math.NewInt(77), Surplus: zero, Solvent: true,
	}, nil
}

func redemption() contracttypes.Redemption {
	zero := math.ZeroInt()
	return contracttypes.Redemption{
		Id: 9, Contract: 1, Amount: math.NewInt(5), Fee: zero, Paid: zero, InFlight: zero, FeesBurned: zero, FeesFailed: zero,
	}
}

// fakeRPC proves from the real store.
type fakeRPC struct {
	stafi.RPC
	w *world
}

func (f fakeRPC) ABCIQueryWithOptions(
	_ context.Context, path string, data cmtbytes.HexBytes, options rpcclient.ABCIQueryOptions,
) (*ctypes.ResultABCIQuery, error) {
	answer, err := f.w.store.(storetypes.Queryable).Query(&storetypes.RequestQuery{
		Path: strings.TrimPrefix(path, "/store"), Data: data, Height: options.Height, Prove: options.Prove,
	})
	if err != nil {
		return nil, err
	}
	return &ctypes.ResultABCIQuery{Response: abci.ResponseQuery{
		Code: answer.Code, Log: answer.Log, Value: answer.Value, ProofOps: answer.ProofOps, Height: answer.Height,
	}}, nil
}

// fakeClient is a light client of one chain.
type fakeClient struct {
	lightclient.Client
	mu      sync.Mutex
	state   lightclient.State
	head    int64
	balance math.Int
	blocks  map[int64]*lightclient.Block
	fetched int
}

func (*fakeClient) ChainID() string { return origin }

func (f *fakeClient) Head() (lightclient.Header, error) {
	return lightclient.Header{ChainID: origin, Height: f.head, Time: epoch, Hash: sha256.Sum256([]byte("head"))}, nil
}

func (f *fakeClient) Status() lightclient.Status {
	head, _ := f.Head()
	return lightclient.Status{ChainID: origin, State: f.state, Head: head, Expires: epoch.Add(time.Hour)}
}

func (f *fakeClient) VerifiedBlock(_ context.Context, height int64) (*lightclient.Block, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fetched++
	if block := f.blocks[height]; block != nil {
		return block, nil
	}
	return nil, lightclient.ErrNoSource
}

func (f *fakeClient) VerifiedValue(_ context.Context, _ string, _ []byte, _ int64) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fetched++
	return f.balance.Marshal()
}
