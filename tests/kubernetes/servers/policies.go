package main

import (
	"context"
	"errors"
	"os/signal"
	"sync"
	"syscall"

	"github.com/cloudnativelabs/kube-router/v2/pkg/controllers/netpol"
	"github.com/cloudnativelabs/kube-router/v2/pkg/healthcheck"
	"github.com/cloudnativelabs/kube-router/v2/pkg/options"
	"github.com/spf13/cobra"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// newPolicyCommand returns the part of kube-router that holds the pods of a node to network policies, by rules of
// iptables; they go when it ends.
func newPolicyCommand() *cobra.Command {
	config := options.NewKubeRouterConfig()
	config.EnableIPv4 = true
	command := &cobra.Command{
		Use: "network-policies",
		RunE: func(*cobra.Command, []string) error {
			told, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM)
			return enforce(config, told.Done())
		},
	}
	command.Flags().StringVar(&config.Kubeconfig, "kubeconfig", "", "where the API server is")
	command.Flags().StringVar(&config.HostnameOverride, "hostname-override", "", "the node's name")
	command.Flags().StringSliceVar(&config.ClusterIPCIDRs, "service-cluster-ip-range", nil, "the services' addresses")
	return command
}

func enforce(config *options.KubeRouterConfig, stop <-chan struct{}) error {
	access, err := clientcmd.BuildConfigFromFlags("", config.Kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(access)
	if err != nil {
		return err
	}
	tables, sets, err := netpol.NewIPTablesHandlers(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	pods := factory.Core().V1().Pods().Informer()
	namespaces := factory.Core().V1().Namespaces().Informer()
	policies := factory.Networking().V1().NetworkPolicies().Informer()
	factory.Start(stop)
	if !cache.WaitForCacheSync(stop, pods.HasSynced, namespaces.HasSynced, policies.HasSynced) {
		return errors.New("stopped before pods, namespaces and policies were read")
	}
	controller, err := netpol.NewNetworkPolicyController(
		client, config, pods, policies, namespaces, &sync.Mutex{}, tables, sets)
	if err != nil {
		return err
	}
	if err := errors.Join(
		listen(pods, controller.PodEventHandler),
		listen(namespaces, controller.NamespaceEventHandler),
		listen(policies, controller.NetworkPolicyEventHandler),
	); err != nil {
		return err
	}
	beats := make(chan *healthcheck.ControllerHeartbeat, 10)
	go drop(beats)
	var running sync.WaitGroup
	running.Add(1)
	controller.Run(beats, stop, &running)
	running.Wait()
	controller.Cleanup()
	return nil
}

func listen(informer cache.SharedIndexInformer, handler cache.ResourceEventHandler) error {
	_, err := informer.AddEventHandler(handler)
	return err
}

// drop reads the heartbeats that nobody here asks for.
func drop(beats <-chan *healthcheck.ControllerHeartbeat) {
	for range beats {
	}
}
