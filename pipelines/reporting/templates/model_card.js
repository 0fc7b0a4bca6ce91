// Prints the model card alone.
const print = document.querySelector("#model-card button");
if (print) print.onclick = () => {
  document.body.classList.add("card");
  window.print();
  document.body.classList.remove("card");
};
