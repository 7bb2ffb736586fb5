using System.Text;
using Sora.EndToEnd.Tests.Servers;
using Sora.EndToEnd.Tests.Wire;
using Sora.Testing;

namespace Sora.EndToEnd.Tests;

/// <summary>
/// Passwords that other programs have hashed a moment ago come into the server by a passwd-file, and their users log in. Whatever of these programs the machine has is used; openssl and
/// Python it must have.
/// </summary>
public sealed class StoredSchemeTests
{
    private const string Password = "Tr\u00f6ub4dor & 3";

    private static readonly string[] Folders = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin", "/opt/homebrew/bin"];

    private static readonly string[] MkpasswdMethods = ["bcrypt", "bcrypt-a", "yescrypt", "sha512crypt", "sha256crypt", "md5crypt"];

    private static readonly string[] DovecotSchemes =
    [
        "BLF-CRYPT", "SHA512-CRYPT", "SHA256-CRYPT", "MD5-CRYPT", "MD5", "CRYPT", "SSHA512", "SHA512", "SSHA256", "SHA256", "SSHA", "SHA", "SHA1", "SMD5", "LDAP-MD5", "PLAIN-MD5", "PBKDF2",
        "SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "CLEAR", "CLEARTEXT",
    ];

    [Fact]
    public async Task Users_of_other_servers_log_in_with_the_password_that_they_have()
    {
        var hashes = new List<string>();
        foreach (var method in new[] { "-6", "-5", "-1" })
            hashes.Add(await LineAsync("openssl", "passwd", method, Password));
        hashes.AddRange(await LinesAsync("python3", Programs.Script("hashes.py"), Password));
        if (Find("mkpasswd") is { } mkpasswd)
        {
            foreach (var method in MkpasswdMethods)
                hashes.Add(await LineAsync(mkpasswd, "-m", method, Password));
            hashes.Add(await LineAsync(mkpasswd, "-m", "sha512crypt", "-R", "20000", Password));
            hashes.Add(await LineAsync(mkpasswd, "-m", "yescrypt", "-R", "2", Password));
        }

        if (Find("htpasswd") is { } htpasswd)
        {
            foreach (var method in new[] { "-B", "-s" })
                hashes.Add((await LineAsync(htpasswd, "-nb", method, "user", Password))["user:".Length..]);
        }

        if (Find("doveadm") is { } doveadm)
        {
            foreach (var scheme in DovecotSchemes.SelectMany(static scheme => new[] { scheme, scheme + ".b64", scheme + ".hex" }))
                hashes.Add(await LineAsync(doveadm, "-c", "/dev/null", "pw", "-s", scheme, "-p", Password));
        }

        if (Find("slappasswd") is { } slappasswd)
        {
            foreach (var scheme in new[] { "{SSHA}", "{SHA}", "{SMD5}", "{MD5}" })
                hashes.Add((await LineAsync(slappasswd, "-h", scheme, "-s", Password)).Replace("{MD5}", "{LDAP-MD5}", StringComparison.Ordinal));
        }

        hashes.Count.ShouldBeGreaterThan(30);
        using var folder = new TempFolder();
        var file = folder.File("users");
        await File.WriteAllLinesAsync(file, hashes.Select(static (hash, i) => $"user{i}:{hash}:1000:1000::/home/user{i}::userdb_mail=maildir:~/Maildir"));
        await using var sora = await SoraProcess.StartAsync(
            "passwords.bcrypt_cost=4", "passwords.allow_plain=true", "imap.auth_failure_delay=0s", "imap.max_auth_failures=10", "login_limits.enabled=false");
        var created = await sora.AdminAsync("accounts", "create", "--from-file", file, "--passwd-file", "--domain", "example.com", "--set", "passwords.allow_plain=true");
        created.Output.ShouldContain($"Created {hashes.Count} accounts");
        var wrong = new List<string>();
        for (var i = 0; i < hashes.Count; i++)
        {
            using var connection = await LineConnection.ConnectAsync(sora.ImapPort);
            var answers = new List<string>();
            foreach (var password in new[] { Password[..^1], Password + " ", "", Password })
            {
                await connection.WriteAsync($"a AUTHENTICATE PLAIN {Plain($"user{i}@example.com", password)}\r\n");
                string line;
                do
                    line = Encoding.UTF8.GetString(await connection.ReadLineAsync());
                while (!line.StartsWith("a ", StringComparison.Ordinal));
                answers.Add(line.Split(' ')[1]);
            }

            if (!answers.SequenceEqual(["NO", "NO", "NO", "OK"]))
                wrong.Add($"{hashes[i]}: {string.Join(' ', answers)}");
        }

        wrong.ShouldBeEmpty();
    }

    private static string? Find(string program) => Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static async Task<string> LineAsync(string program, params string[] arguments) => (await LinesAsync(program, arguments)).ShouldHaveSingleItem();

    private static async Task<string[]> LinesAsync(string program, params string[] arguments) =>
        Encoding.UTF8.GetString(Encoding.Latin1.GetBytes((await CommandRun.MustSucceedAsync(program, arguments)).Output)).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    private static string Plain(string user, string password) => Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}"));
}
