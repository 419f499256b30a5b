// Loads LibTorch first, because tests may use TorchSharp before the library has loaded it.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Llm360.Notebooks.Tests;

internal static class LoadLibTorch
{
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "It must run before any test, whatever the order.")]
    internal static void Load() => LibTorch.Load();
}
