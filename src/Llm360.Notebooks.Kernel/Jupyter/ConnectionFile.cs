// The connection file: where a Jupyter client expects the kernel, and the signing key of both.
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Llm360.Notebooks.Kernel.Jupyter;

/// <summary>The contents of a connection file.</summary>
/// <param name="Ip">The address to bind to.</param>
/// <param name="ShellPort">Requests.</param>
/// <param name="ControlPort">Interrupt and shutdown, answered while a cell runs.</param>
/// <param name="StdinPort">Questions to the user.</param>
/// <param name="IOPubPort">Outputs and status, to every client.</param>
/// <param name="HeartbeatPort">Echo.</param>
/// <param name="Key">Signs every message; empty for none.</param>
public sealed record ConnectionFile(
    [property: JsonPropertyName("ip")] string Ip,
    [property: JsonPropertyName("shell_port")] int ShellPort,
    [property: JsonPropertyName("control_port")] int ControlPort,
    [property: JsonPropertyName("stdin_port")] int StdinPort,
    [property: JsonPropertyName("iopub_port")] int IOPubPort,
    [property: JsonPropertyName("hb_port")] int HeartbeatPort,
    [property: JsonPropertyName("key")] string Key = "")
{
    /// <summary>Only <c>tcp</c> is supported.</summary>
    [JsonPropertyName("transport")]
    public string Transport { get; init; } = "tcp";

    /// <summary>Only <c>hmac-sha256</c> is supported.</summary>
    [JsonPropertyName("signature_scheme")]
    public string SignatureScheme { get; init; } = "hmac-sha256";

    // Jupyter adds keys of its own.
    private static readonly JsonSerializerOptions Options = new() { AllowDuplicateProperties = false, RespectNullableAnnotations = true };

    /// <summary>Reads a connection file.</summary>
    /// <exception cref="Llm360Exception">It cannot be read, or asks for something that this kernel
    /// does not support.</exception>
    public static ConnectionFile Read(string path)
    {
        const string remedy = "Let Jupyter start the kernel: it writes this file and names it on the command line.";
        var file = JsonInput.Read<ConnectionFile>(path, new JsonKind("The connection file", 1 << 20, remedy), Options);
        if (file.Transport != "tcp")
        {
            throw new Llm360Exception(
                $"The connection file asks for the transport \"{file.Transport}\"; this kernel speaks tcp.",
                path,
                "Set c.KernelManager.transport = \"tcp\" in Jupyter's configuration.");
        }

        if (file.SignatureScheme != "hmac-sha256")
        {
            throw new Llm360Exception(
                $"The connection file asks for the signature scheme \"{file.SignatureScheme}\"; this kernel speaks hmac-sha256.",
                path,
                "Set c.Session.signature_scheme = \"hmac-sha256\" in Jupyter's configuration.");
        }

        if (string.IsNullOrEmpty(file.Ip) || file.Ports.Any(port => port is < 1 or > 65535))
            throw new Llm360Exception("The connection file lacks an address or a port.", path, remedy);
        return file;
    }

    [JsonIgnore]
    private IEnumerable<int> Ports => [ShellPort, ControlPort, StdinPort, IOPubPort, HeartbeatPort];

    internal string Address(int port) => string.Create(CultureInfo.InvariantCulture, $"tcp://{Ip}:{port}");
}
