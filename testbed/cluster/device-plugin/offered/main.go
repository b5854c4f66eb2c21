// Command offered asks a running device plugin, as a kubelet would, which devices it offers in which resource, and holds that
// against what `vfctl pools -o json` has predicted. It ends with 1 where they differ.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"time"

	"google.golang.org/grpc"
	pluginapi "k8s.io/kubelet/pkg/apis/deviceplugin/v1beta1"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

// limit is how long each answer may take.
const limit = 20 * time.Second

// predicted is what is read of the document that vfctl prints.
type predicted struct {
	Hosts map[string]struct {
		Resources map[string][]string `json:"resources"`
	} `json:"hosts"`
}

func main() {
	sockets := flag.String("sockets", "/var/lib/kubelet/plugins_registry", "where the plugin has its sockets")
	against := flag.String("predicted", "", "what vfctl has predicted, as JSON")
	flag.Parse()
	if err := run(*sockets, *against); err != nil {
		fmt.Fprintln(os.Stderr, "offered:", err)
		os.Exit(1)
	}
}

func run(folder, against string) error {
	sockets, err := filepath.Glob(filepath.Join(folder, "*.sock"))
	if err != nil {
		return err
	}
	offered := map[string][]string{}
	for _, socket := range sockets {
		name, devices, err := ask(socket)
		if err != nil {
			return fmt.Errorf("ask %s: %w", socket, err)
		}
		if len(devices) > 0 {
			offered[name] = devices
		}
	}
	wanted, err := read(against)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(offered, wanted) {
		return fmt.Errorf("the plugin offers %v, predicted was %v", offered, wanted)
	}
	fmt.Println(offered)
	return nil
}

// ask returns the resource that a socket stands for, and its devices.
func ask(socket string) (string, []string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	conn, err := grpc.DialContext(ctx, "unix:"+socket, grpc.WithInsecure(), grpc.WithBlock())
	if err != nil {
		return "", nil, err
	}
	defer conn.Close()
	info, err := registerapi.NewRegistrationClient(conn).GetInfo(ctx, &registerapi.InfoRequest{})
	if err != nil {
		return "", nil, err
	}
	stream, err := pluginapi.NewDevicePluginClient(conn).ListAndWatch(ctx, &pluginapi.Empty{})
	if err != nil {
		return "", nil, err
	}
	answer, err := stream.Recv()
	if err != nil {
		return "", nil, err
	}
	devices := []string{}
	for _, device := range answer.Devices {
		devices = append(devices, device.ID)
	}
	sort.Strings(devices)
	return info.Name, devices, nil
}

// read returns what was predicted for the one host.
func read(path string) (map[string][]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var document predicted
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	for _, host := range document.Hosts {
		for _, devices := range host.Resources {
			sort.Strings(devices)
		}
		return host.Resources, nil
	}
	return nil, fmt.Errorf("%s speaks of no host", path)
}
