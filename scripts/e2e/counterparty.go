package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"time"

	authtypes "github.com/cosmos/cosmos-sdk/x/auth/types"
)

const (
	counterpartyID       = "original-1"
	counterpartyDenom    = "ucosm"
	counterpartyPrefix   = "wasm"
	counterpartyGasPrice = "0.001"
	// counterpartyBlock is the time between blocks at pace 1, and counterpartyRest what of it is
	// not timeout_commit (scripts/counterparty/README.md).
	counterpartyBlock, counterpartyRest = 500 * time.Millisecond, 90 * time.Millisecond
)

// Counterparty is the original chain: one wasmd validator, unmodified.
type Counterparty struct {
	Chain
	Home string
	// RPCAddress is host:port, what relayers use as a source.
	RPCAddress string
}

// CounterpartyConfig says what original chain to make.
type CounterpartyConfig struct {
	// Binary is wasmd; Dir gets its home.
	Binary, Dir string
	Pace        Pace
	// Funded addresses have that much from genesis.
	Funded map[string]int64
	// Users get keys, and userFunds each.
	Users []string
}

// StartCounterparty creates and starts the original chain.
func StartCounterparty(ctx context.Context, supervisor *Supervisor, config CounterpartyConfig) (*Counterparty, map[string]Account, error) {
	ports, err := freePorts(3)
	if err != nil {
		return nil, nil, err
	}
	chain := &Counterparty{
		Chain: Chain{
			Name: "original chain", Binary: config.Binary, ID: counterpartyID, Prefix: counterpartyPrefix,
			Denom: counterpartyDenom, GasPrice: counterpartyGasPrice + counterpartyDenom,
		},
		Home: filepath.Join(config.Dir, "original"), RPCAddress: loopback(ports[0]),
	}
	if err := chain.Connect(Endpoint{RPC: chain.RPCAddress, GRPC: loopback(ports[2])}, config.Dir); err != nil {
		return nil, nil, err
	}
	accounts, err := chain.create(ctx, config.Funded, config.Users)
	if err != nil {
		return nil, nil, fmt.Errorf("create original chain: %w", err)
	}
	if err := chain.configure(ports, config.Pace.Of(counterpartyBlock)-counterpartyRest); err != nil {
		return nil, nil, err
	}
	_, err = supervisor.Start("wasmd", config.Binary, "start", "--home", chain.Home, "--minimum-gas-prices", chain.GasPrice,
		"--grpc.address", loopback(ports[2]), "--api.enable=false")
	if err != nil {
		return nil, nil, err
	}
	return chain, accounts, chain.awaitStart(ctx)
}

// userFunds is what each user of the original chain has from genesis.
const userFunds = 1_000_000_000_000

func (c *Counterparty) create(ctx context.Context, funded map[string]int64, users []string) (map[string]Account, error) {
	if _, err := Run(ctx, c.Binary, "init", "original", "--chain-id", c.ID, "--default-denom", c.Denom, "--home", c.Home); err != nil {
		return nil, err
	}
	accounts, balances := map[string]Account{}, map[string]int64{}
	for _, name := range append([]string{"validator"}, users...) {
		account, err := c.CreateKey(c.Home, name)
		if err != nil {
			return nil, err
		}
		accounts[name], balances[account.Address] = account, userFunds
	}
	for address, amount := range funded {
		balances[address] = amount
	}
	if err := c.fund(ctx, balances); err != nil {
		return nil, err
	}
	keyring := []string{"--keyring-backend", "test", "--home", c.Home}
	gentx := append([]string{"genesis", "gentx", "validator", c.Coin(userFunds / 2), "--chain-id", c.ID}, keyring...)
	if _, err := Run(ctx, c.Binary, gentx...); err != nil {
		return nil, err
	}
	_, err := Run(ctx, c.Binary, "genesis", "collect-gentxs", "--home", c.Home)
	return accounts, err
}

func (c *Counterparty) fund(ctx context.Context, balances map[string]int64) error {
	type coin struct {
		Denom  string `json:"denom"`
		Amount string `json:"amount"`
	}
	type account struct {
		Address string `json:"address"`
		Coins   []coin `json:"coins"`
	}
	list := make([]account, 0, len(balances))
	for address, amount := range balances {
		list = append(list, account{address, []coin{{c.Denom, fmt.Sprint(amount)}}})
	}
	path, err := c.writeJSON("genesis-accounts", list)
	if err != nil {
		return err
	}
	_, err = Run(ctx, c.Binary, "genesis", "bulk-add-genesis-account", path, "--home", c.Home)
	return err
}

// configure sets the time after each block and ports on loopback.
func (c *Counterparty) configure(ports []int, commit time.Duration) error {
	path := filepath.Join(c.Home, "config", "config.toml")
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, edit := range [][2]string{
		{`(?m)^timeout_commit = .*`, fmt.Sprintf("timeout_commit = %q", commit)},
		{`(?m)^laddr = "tcp://127.0.0.1:26657"`, fmt.Sprintf("laddr = %q", "tcp://"+loopback(ports[0]))},
		{`(?m)^laddr = "tcp://0.0.0.0:26656"`, fmt.Sprintf("laddr = %q", "tcp://"+loopback(ports[1]))},
		{`(?m)^pprof_laddr = .*`, `pprof_laddr = ""`},
	} {
		expression := regexp.MustCompile(edit[0])
		if !expression.Match(content) {
			return fmt.Errorf("%s has no line %s", path, edit[0])
		}
		content = expression.ReplaceAll(content, []byte(edit[1]))
	}
	return os.WriteFile(path, content, 0o600) //nolint:gosec // a path of the network made here
}

// awaitHeight waits for a block of the chain.
func (c *Chain) awaitHeight(ctx context.Context, height int64) error {
	return AwaitDone(ctx, fmt.Sprintf("%s at height %d", c.Name, height), heightLimit, c.reached(height))
}

// heightLimit is for a block that is to come soon.
const heightLimit Blocks = 60

// awaitStart waits until the chain makes blocks.
func (c *Chain) awaitStart(ctx context.Context) error {
	return AwaitDoneFor(ctx, "the first blocks of "+c.Name, startLimit, c.reached(2))
}

func (c *Chain) reached(height int64) func(context.Context) (bool, error) {
	return func(ctx context.Context) (bool, error) {
		reached, err := c.Height(ctx)
		return reached >= height, err
	}
}

// ModuleAccount is a module's address on the chain.
func (c *Counterparty) ModuleAccount(name string) (string, error) {
	return c.Bech32(authtypes.NewModuleAddress(name))
}

func loopback(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

func freePorts(count int) ([]int, error) {
	ports := make([]int, count)
	for i := range ports {
		port, err := FreePort()
		if err != nil {
			return nil, err
		}
		ports[i] = port
	}
	return ports, nil
}
