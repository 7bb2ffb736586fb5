using Sora.MicroBench.Blake3;
using Sora.MicroBench.Encoded;
using Sora.MicroBench.Engine;
using Sora.MicroBench.Mime;
using Sora.MicroBench.Relay;
using Sora.MicroBench.Sieve;

var benches = new Dictionary<string, Action>(StringComparer.Ordinal)
{
    ["blake3"] = Blake3Bench.Run,
    ["encoded"] = EncodedBench.Run,
    ["engine"] = EngineBench.Run,
    ["mime"] = MimeBench.Run,
    ["relay"] = RelayBench.Run,
    ["sieve"] = SieveBench.Run,
};

if (args is not [var name] || !benches.TryGetValue(name, out var run))
{
    Console.Error.WriteLine($"usage: Sora.MicroBench {string.Join('|', benches.Keys)}");
    return 2;
}
run();
return 0;
