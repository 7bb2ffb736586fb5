using System.CommandLine;
using System.Security.Cryptography;
using Sora.Mailstore.Bodies.Encoded;

namespace Sora.Admin.Keys;

/// <summary><c>keys generate</c>: a new key, for the configuration of all nodes.</summary>
internal sealed class KeysGenerateCommand : AdminCommand
{
    private readonly Option<string> _id = Required("--id", "NAME", "The key's name, such as the month: letters, digits, '.', '_' and '-'");

    public KeysGenerateCommand(CommandHost host)
        : base("generate", "Makes a key and writes it as lines for the configuration; it is kept nowhere", host)
    {
        Add(_id);
    }

    protected override Task<int> RunAsync(CommandRun run, CancellationToken cancellationToken)
    {
        var id = run.Required(_id);
        if (!EncryptionKeyOptions.IsId(id))
            return Task.FromResult(run.Failed($"'{id}' is no name for a key"));
        var secret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
        return Task.FromResult(run.Done(new { Id = id, Secret = secret }, $"[[storage.encryption.keys]]\nid = \"{id}\"\nsecret = \"{secret}\""));
    }
}
